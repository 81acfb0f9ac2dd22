"""The change log: makes its entries, records them, compares any two versions of a list, and verifies the log."""
