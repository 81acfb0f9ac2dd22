"""Upkeep: backups, and the doctor, who looks for things that would go wrong."""
