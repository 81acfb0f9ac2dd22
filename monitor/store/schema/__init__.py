"""The SQL of the schema's steps, one module for each step. New steps may be added; existing ones are never edited."""
