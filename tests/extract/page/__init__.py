"""Tests of `monitor/extract/page/`."""
