"""The demo: a local web server plays the pages and reports of four agencies, step by step, as they once changed."""
