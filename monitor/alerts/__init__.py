"""Alerts: who is told of which amendments, and in which words."""
