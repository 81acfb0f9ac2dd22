"""Holds the SQL of the schema's steps, a module for each. Steps are added and never edited."""
