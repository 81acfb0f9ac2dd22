"""The change log: an entry, how it is recorded, compared and verified."""
