"""Fetching: one polite, bounded exchange with a server, and the verdict on its response."""
