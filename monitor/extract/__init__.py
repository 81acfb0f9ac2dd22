"""Readers: the bytes of one version in, its lists of records out. One module per format, none per agency."""
