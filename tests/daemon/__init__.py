"""Tests of `monitor/daemon/`."""
