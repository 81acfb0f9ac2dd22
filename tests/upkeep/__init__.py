"""Tests of `monitor/upkeep/`."""
