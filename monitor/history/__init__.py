"""History from elsewhere (imports, backfills), and what is made of it: joined, read again, saved, drawn."""
