"""Two versions of a list to amendments, and what in them can't be right or believed. Pure."""
