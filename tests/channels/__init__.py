"""Tests of where alerts are sent to, each against a real server."""
