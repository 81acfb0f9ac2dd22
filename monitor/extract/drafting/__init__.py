"""Drafts the description of a file that nobody has described yet: its tables and lists, their headers and columns."""
