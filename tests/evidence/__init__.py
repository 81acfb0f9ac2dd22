"""What others can check for themselves."""
