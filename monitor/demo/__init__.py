"""A published history to replay: a local web server, and what four agencies put on it, step by step."""
