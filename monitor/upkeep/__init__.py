"""Backups, and looking for what would go wrong."""
