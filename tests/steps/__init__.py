"""Tests of `monitor/steps/`."""
