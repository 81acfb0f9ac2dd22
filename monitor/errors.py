"""Every way in which monitor can fail, as one tree.

MonitorError                    one line for a person: what, where, what next
+-- ConfigError                 faults of the configuration, all of them, each with its path
+-- RefusedError                the user asked for what must not be done
+-- FetchError                  one exchange with a server came to nothing
|   +-- UnreachableError        no connection, TLS fault, connection lost
|   +-- ForbiddenAddressError   an address, host or redirect that the configuration does not allow
|   +-- TooSlowError            the deadline of the exchange passed
|   +-- TooLargeError           more bytes than the cap, on the wire or unpacked
|   +-- TruncatedError          fewer bytes than announced
|   +-- StatusError             a status that says nothing about the report (429, 5xx, odd ones)
|   +-- BlockedError            the server refuses this program: 401, 403, or a block page under any status
|   +-- GoneError               not there: 404, 410, or a redirect to the front page of the site
|   +-- MistakenBodyError       empty, or of another format than the report's
|   +-- WaybackError            the web archive can't answer for now
|   +-- UnsavedError            the web archive did not save an address
+-- ReadError                   bytes that were kept, but can't be read as what they should be
|   +-- UnreadableError         broken, encrypted, or without content
|   +-- BombError               would take too much memory, time or pages to read
|   +-- LayoutError             readable, but not the list that was described: header, totals, no records
+-- StoreError                  the database or the archive can't be used, or does not hold what it should
+-- TransportError              an alert was not taken by its receiver: for now, or for good
"""


class MonitorError(Exception):
    """What failed, where, and what to do next, in one line."""


class ConfigError(MonitorError):
    """The configuration can't be used; `faults` has one line for each fault."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class RefusedError(MonitorError):
    """The user asked for something that would harm the history."""


class FetchError(MonitorError):
    """One exchange came to nothing; `url` is where."""

    def __init__(self, url: str, message: str) -> None:
        super().__init__(f"{url}: {message}")
        self.url = url


class UnreachableError(FetchError):
    """No connection, no name, a TLS fault, or a connection lost on the way."""


class ForbiddenAddressError(FetchError):
    """The server sent us to an address that the configuration does not allow."""


class TooSlowError(FetchError):
    """The exchange did not end before its deadline."""


class TooLargeError(FetchError):
    """The body exceeds the cap, as sent or as unpacked."""


class TruncatedError(FetchError):
    """The body ended before the announced length."""


class StatusError(FetchError):
    """An HTTP status that tells nothing about the report; `status_code` is which.

    `retry_after` are the seconds after which the server asks to be asked again, if it does.
    """

    def __init__(self, url: str, message: str, *, status_code: int, retry_after: float | None = None) -> None:
        super().__init__(url, message)
        self.status_code = status_code
        self.retry_after = retry_after


class BlockedError(FetchError):
    """The server refuses this program, by status or by a page that says so."""


class GoneError(FetchError):
    """The address no longer leads to the document."""


class MistakenBodyError(FetchError):
    """The body is empty or of another format than the report's."""


class WaybackError(FetchError):
    """The web archive can't answer for now; it is best to come back later.

    `retry_after` are the seconds after which it asks to be asked again, if it does.
    """

    def __init__(self, url: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(url, message)
        self.retry_after = retry_after


class UnsavedError(FetchError):
    """The web archive did not save an address. `retry_after` are the seconds after which it may do so, if known."""

    def __init__(self, url: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(url, message)
        self.retry_after = retry_after


class ReadError(MonitorError):
    """Kept bytes that can't become records: the version is held."""


class UnreadableError(ReadError):
    """Broken, encrypted, or without content."""


class BombError(ReadError):
    """Reading it would take more memory, time, pages or files than allowed."""


class LayoutError(ReadError):
    """Readable, but not the list that was described."""


class StoreError(MonitorError):
    """The database or the archive can't be used, or lacks what it should hold."""


class TransportError(MonitorError):
    """A channel's receiver did not take an alert; the sentence names the channel and never a secret.

    `permanent`: sending this alert again is of no use before a person has done something, or it reached some of
    several receivers and must not reach those twice. `retry_after` are the seconds that the receiver asks for.
    `disables`: no other alert would be taken either, until the channel is mended.
    """

    def __init__(
        self, message: str, *, permanent: bool, retry_after: float | None = None, disables: bool = False
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after
        self.disables = disables
