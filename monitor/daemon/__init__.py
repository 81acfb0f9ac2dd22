"""The daemon, which polls, processes and delivers all the time; its health, its messages to systemd and its log."""
