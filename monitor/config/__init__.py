"""Reads `config.yaml` into typed values, and reads the secrets that it points to."""
