"""Tests of `monitor/fetch/`."""
