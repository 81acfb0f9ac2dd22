"""Watches the lists of jurisdictions that federal agencies publish, and tells what changed in them."""

__version__ = "0.1.0"
