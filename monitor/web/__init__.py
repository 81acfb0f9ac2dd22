"""Serves the change log as web pages, in a process of its own that can only read; the pages work without scripts."""
