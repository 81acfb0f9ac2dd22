"""The table of the commands: for each its group in the help, its module, and the first sentence of its help."""

from __future__ import annotations

from typing import NamedTuple


class Listing(NamedTuple):
    """One command as `monitor --help` lists it, so that the command's module need not be imported for that.

    The command NAME is the function `NAME_command` in the module `monitor.cli.MODULE`. `help` is the first sentence of
    its help.
    """

    module: str
    help: str


GROUPS: dict[str, dict[str, Listing]] = {
    "Watch the sources": {
        "poll": Listing(module="poll", help="Look at the sources once, now, and send what follows."),
        "run": Listing(module="run", help="Watch the sources until told to stop (the daemon)."),
        "try": Listing(module="trial", help="Show what a description would read and tell."),
        "watch": Listing(module="watch", help="Add a page to the sources by its address alone."),
        "describe": Listing(module="describe", help="Draft a description of files or of a page, and try it."),
        "sources": Listing(module="sources", help="Show what is watched, and what else could be."),
        "holds": Listing(module="read", help="Show the versions that wait for a person's decision."),
        "release": Listing(module="decisions", help="Accept a held VERSION: its changes enter the log."),
        "reject": Listing(module="decisions", help="Refuse a held VERSION: nothing of it enters the log."),
    },
    "Read the history": {
        "log": Listing(module="log", help="Show the change log, oldest entry first."),
        "list": Listing(module="read", help="Show a list of SOURCE as it stands, or stood at a time."),
        "show": Listing(module="read", help="Show everything ever published about one place."),
        "diff": Listing(module="diff", help="Show how a list differs between two times."),
        "versions": Listing(module="read", help="Show the reports, and every version that was kept of each."),
        "search": Listing(module="documents", help="Find documents that records link to by the words in them."),
        "documents": Listing(module="documents", help="Show the documents that records link to."),
        "doubts": Listing(module="read", help="Show values in the lists that can't be right."),
        "pictures": Listing(module="pictures", help="Draw changed records as they stand on pages of PDF files."),
    },
    "Alert people": {
        "preview": Listing(module="alerts", help="Show what SUBSCRIPTION would be sent about the whole log."),
        "test-alert": Listing(module="alerts", help="Send a test alert on CHANNEL, now."),
        "outbox": Listing(module="alerts", help="Show the alerts that are not delivered, or were given up."),
        "redeliver": Listing(module="alerts", help="Try to deliver alerts again that were given up."),
    },
    "Keep the history": {
        "import": Listing(module="importer", help="Add files that you have to the history of SOURCE."),
        "fetch-documents": Listing(module="documents", help="Fetch the documents that records link to."),
        "backfill": Listing(module="backfill", help="Add what the Wayback Machine has of SOURCE to the history."),
        "reprocess": Listing(module="reprocess", help="Read the kept versions again, and show what would differ."),
        "save": Listing(module="save", help="Ask the Internet Archive to keep the latest versions."),
        "verify": Listing(module="verify", help="Check that nothing in the history was altered."),
        "stamp": Listing(module="evidence", help="Ask the time-stamp authorities for time stamps, now."),
        "checkpoint": Listing(module="evidence", help="Show the signed checkpoint of the history as it is now."),
        "key": Listing(module="evidence", help="Make the key that signs checkpoints, or show it."),
        "exhibit": Listing(module="exhibit", help="Make a packet of evidence that a stranger can check."),
        "backup": Listing(module="backup", help="Copy the history into FOLDER, or update that copy."),
        "restore": Listing(module="backup", help="Make a state folder from the backup in FOLDER."),
        "init": Listing(module="config", help="Write the default configuration, with its comments."),
        "config": Listing(module="config", help="Check the configuration file, or show its JSON Schema."),
        "doctor": Listing(module="doctor", help="Look for what would go wrong, and say how to mend it."),
    },
    "Serve pages, and try out": {
        "web": Listing(module="web", help="Serve the change log as web pages, on this machine."),
        "publish": Listing(module="publish", help="Write the change log into FOLDER, as a static web site."),
        "demo": Listing(module="demo", help="Replay a published history here, as a demonstration."),
    },
}
COMMANDS = {name: listing for group in GROUPS.values() for name, listing in group.items()}
