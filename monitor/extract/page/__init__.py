"""Reads web pages: their links, lists and tables."""
