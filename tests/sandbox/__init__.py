"""Tests of `monitor/sandbox/`."""
