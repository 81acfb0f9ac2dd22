"""Tests of `monitor/wayback/`."""
