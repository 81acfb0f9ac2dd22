"""Serves the change log as web pages, from a process of its own that can only read. The pages work without scripts."""
