"""Tests of `monitor/cli/`."""
