"""The daemon: its loops, its health, its notices to systemd and its log."""
