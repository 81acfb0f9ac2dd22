"""The drifts of `drift.py`: editions of lists, the ways in which publishers change them, and who reads the result."""
