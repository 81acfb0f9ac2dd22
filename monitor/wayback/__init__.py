"""Works with the Internet Archive's Wayback Machine: finds, fetches and saves captures (copies of web pages)."""
