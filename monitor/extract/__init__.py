"""Turn the bytes of one version into its lists of records.

There is a module for each format and none for any agency.
"""
