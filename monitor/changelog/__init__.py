"""The change log: makes its entries, writes them, compares any two versions of a list, and verifies the log."""
