"""Reads PDF files: their tables and text; and draws pictures of their pages."""
