"""Tests of `monitor/store/`."""
