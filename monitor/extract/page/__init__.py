"""Web pages: their links, lists and tables."""
