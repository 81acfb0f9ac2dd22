"""Compares two versions of a list: finds the amendments, and the values and differences that can't be right.

Pure: what its functions return depends only on their arguments.
"""
