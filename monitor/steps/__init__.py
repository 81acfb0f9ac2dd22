"""The three steps of the program (poll, process, deliver: read these first), and the decisions about held versions."""
