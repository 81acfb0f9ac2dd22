"""Tests of `monitor/extract/pdf/`."""
