"""Tests state facts; each file mirrors a module or a command."""
