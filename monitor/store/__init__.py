"""The database, and the archive of kept files. All SQL statements of the program are in this package."""
