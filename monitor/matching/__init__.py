"""Compare two versions of a list: find the amendments, and doubt values and differences that can't be right. Pure."""
