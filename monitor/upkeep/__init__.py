"""Takes care of the stored history: backups, and the doctor, which looks for things that would go wrong."""
