"""History that comes from elsewhere or is looked at again: imports, backfills, receipts, pictures."""
