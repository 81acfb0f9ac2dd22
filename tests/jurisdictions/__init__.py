"""Tests of `monitor/jurisdictions/`."""
