"""Tests of `monitor/alerts/`."""
