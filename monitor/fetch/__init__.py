"""Fetches files from servers: politely, within limits, and with a check of what the server answers."""
