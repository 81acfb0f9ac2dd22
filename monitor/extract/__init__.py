"""Reads the lists of records out of the bytes of one version of a report.

There is a module for each file format and none for any agency.
"""
