"""Reads spreadsheets and CSV files."""
