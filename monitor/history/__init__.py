"""Works with the history: adds older files and captures to it, reads it again, has it saved elsewhere, draws it."""
