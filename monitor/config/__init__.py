"""`config.yaml` as typed values, and where secrets are kept."""
