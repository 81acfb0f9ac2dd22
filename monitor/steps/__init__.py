"""The three steps of the program - poll, process, deliver: read these first - and what a person decides."""
