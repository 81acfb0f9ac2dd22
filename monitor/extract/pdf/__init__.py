"""PDF files: their tables, text, page pictures."""
