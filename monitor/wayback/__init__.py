"""The Internet Archive's Wayback Machine: its index, its replay of captures, asking it to save, and at what rate."""
