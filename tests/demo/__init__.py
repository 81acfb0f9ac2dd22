"""Tests of `monitor/demo/`."""
