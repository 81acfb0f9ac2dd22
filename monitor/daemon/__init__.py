"""The daemon: what it does when, how it is, and what it says to systemd and in its log."""
