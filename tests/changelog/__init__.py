"""Tests of `monitor/changelog/`."""
