"""Tests of `monitor/history/`."""
