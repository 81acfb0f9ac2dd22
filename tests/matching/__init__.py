"""Tests of `monitor/matching/`."""
