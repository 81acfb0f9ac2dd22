"""The three steps of the program: poll, process, deliver (read these first); and decisions about held versions.

A held version is one that is set aside until a person releases or rejects it.
"""
