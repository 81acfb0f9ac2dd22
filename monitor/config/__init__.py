"""Read `config.yaml` into typed values, and read the secrets that it points to."""
