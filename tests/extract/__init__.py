"""Tests of `monitor/extract/`."""
