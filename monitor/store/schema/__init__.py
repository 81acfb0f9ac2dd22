"""The SQL of the schema's steps, one module for each step. New steps may be added; existing steps are never edited.

The schema is the set of tables, views and indexes of the database. An older database is brought up to date step by
step.
"""
