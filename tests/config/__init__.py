"""Tests of `monitor/config/`."""
