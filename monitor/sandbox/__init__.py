"""Reads files from outside in a separate process with limits, so that a hostile file can harm only that process."""
