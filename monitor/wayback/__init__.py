"""The Internet Archive's Wayback Machine: its index, the replay of captures, saving, and the rate of requests."""
