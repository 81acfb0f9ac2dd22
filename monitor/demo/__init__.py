"""Replay a published history: a local web server, and the pages and reports of four agencies, step by step."""
