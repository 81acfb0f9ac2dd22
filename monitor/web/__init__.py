"""The change log as web pages: their own process, a connection that only reads, no script needed."""
