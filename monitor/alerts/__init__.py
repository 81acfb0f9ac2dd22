"""Alerts: decides which subscriptions are told of an amendment, and writes the messages."""
