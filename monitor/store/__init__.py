"""The database and the archive of kept bytes: every SQL statement of the program stands in this room."""
