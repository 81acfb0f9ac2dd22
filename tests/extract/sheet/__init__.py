"""Tests of `monitor/extract/sheet/`."""
