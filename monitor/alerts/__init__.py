"""Alerts: decides which subscriptions are told of a change, and writes the messages."""
