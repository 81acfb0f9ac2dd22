"""Adds history from elsewhere (imports, backfills), joins it to the rest, reads it again, saves it, and draws it."""
