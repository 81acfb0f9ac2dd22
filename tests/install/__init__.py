"""Tests of what is installed, packaged and upgraded."""
