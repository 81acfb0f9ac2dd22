"""Every way in which monitor can fail, as one tree.

MonitorError                    one line for a person: what, where, what next
+-- ConfigError                 faults of the configuration, all of them, each with its path
+-- RefusedError                the user asked for what must not be done
+-- FetchError                  one exchange with a server came to nothing
|   +-- UnreachableError        no connection, TLS fault, connection lost
|   |   +-- ProxyError          the proxy that the configuration names gives no way to the server
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
|   +-- UndrawnError            a browser could not draw a page, or not with all of its data
+-- ReadError                   bytes that were kept, but can't be read as what they should be
|   +-- UnreadableError         broken, encrypted, or without content
|   +-- BombError               would take too much memory, time or pages to read
|   +-- LayoutError             readable, but not the list that was described: header, totals, no records
+-- StoreError                  the database or the archive can't be used, or does not hold what it should
+-- EvidenceError               a proof can't be made, or does not hold
|   +-- KeyFileError            the file of the private key can't be used
|   +-- CheckpointError         a text that is no checkpoint, or was not signed by the key that it should be
|   +-- StampError              what a time-stamp authority answered proves nothing
|       +-- NotAStampError      a web page or something else in place of a reply
|       +-- CutStampError       a reply that ends before its end
|       +-- RefusedStampError   the authority says that it gives no time stamp, and why
|       +-- OtherImprintError   a time stamp of something else
|       +-- OtherNonceError     the answer to another request, perhaps an old one
|       +-- BareStampError      no certificates in it, without which nobody can check it later
|       +-- ClockError          the authority's time and ours differ by too much
|       +-- UntrustedStampError openssl does not accept the signature or the certificates
+-- TransportError              an alert was not taken by its receiver: for now, or for good
"""


class MonitorError(Exception):
    """Any failure of monitor; its message says in one line what failed, where, and what to do next."""


class ConfigError(MonitorError):
    """The configuration can't be used; `faults` has one line for each mistake in it."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class RefusedError(MonitorError):
    """The user asked for something that is not possible or must not be done; the message says why."""


class FetchError(MonitorError):
    """A request to a server failed; `url` is the address that was asked for."""

    def __init__(self, url: str, message: str) -> None:
        super().__init__(f"{url}: {message}")
        self.url = url


class UnreachableError(FetchError):
    """The server can't be reached: no such name, no connection, a TLS fault, or a connection lost on the way."""


class ProxyError(UnreachableError):
    """The proxy that the configuration names gives no way to the server: it can't be reached, refuses or is silent.

    `status_code` is the HTTP status with which the proxy refused; None if it did not answer.
    """

    def __init__(self, url: str, message: str, *, status_code: int | None = None) -> None:
        super().__init__(url, message)
        self.status_code = status_code


class ForbiddenAddressError(FetchError):
    """An address must not be asked, because the configuration does not allow it or because it is no web address."""


class TooSlowError(FetchError):
    """The exchange with a server was not finished before its deadline."""


class TooLargeError(FetchError):
    """The server's answer is larger than allowed, as it was sent or after unpacking."""


class TruncatedError(FetchError):
    """The server's answer ended before the length that was announced."""


class StatusError(FetchError):
    """The server answered with an HTTP status, `status_code`, that says nothing about the document itself.

    `retry_after` is the number of seconds after which the server wants to be asked again; None if it did not say.
    """

    def __init__(self, url: str, message: str, *, status_code: int, retry_after: float | None = None) -> None:
        super().__init__(url, message)
        self.status_code = status_code
        self.retry_after = retry_after


class BlockedError(FetchError):
    """The server refuses this program: by its HTTP status, or by a page that says so (a block page)."""


class GoneError(FetchError):
    """The document is no longer at this address."""


class MistakenBodyError(FetchError):
    """The server's answer is empty, or has another format than the document should have."""


class WaybackError(FetchError):
    """The web archive can't answer for now; ask again later.

    `retry_after` is the number of seconds after which it wants to be asked again; None if it did not say.
    """

    def __init__(self, url: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(url, message)
        self.retry_after = retry_after


class UnsavedError(FetchError):
    """The web archive did not save a page that it was asked to save.

    `retry_after` is the number of seconds after which it can be asked again; None if that is not known.
    """

    def __init__(self, url: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(url, message)
        self.retry_after = retry_after


class UndrawnError(FetchError):
    """A browser could not draw a web page, or not with all of the data that the page asks for."""


class ReadError(MonitorError):
    """A kept file can't be turned into records; its version is held (set aside) for a person to look at."""


class UnreadableError(ReadError):
    """The file is broken, encrypted, or without content."""


class BombError(ReadError):
    """Reading the file would take more memory, time, pages or files than allowed."""


class LayoutError(ReadError):
    """The file is readable, but does not hold the list that the configuration describes."""


class StoreError(MonitorError):
    """The database or the archive can't be used, or lacks what it should hold."""


class EvidenceError(MonitorError):
    """A proof can't be made, or one that was made does not hold."""


class KeyFileError(EvidenceError):
    """The file of the private key can't be used; the message says why, and never has any of its content in it."""


class CheckpointError(EvidenceError):
    """A text is no checkpoint of an evidence log, or the key that should have signed it did not."""


class ExhibitSizeError(EvidenceError):
    """A packet of evidence would be larger than it may be."""


class StampError(EvidenceError):
    """A time-stamp authority's answer proves nothing, and does not count."""


class NotAStampError(StampError):
    """The answer is no reply of a time-stamp authority, but a web page or something else."""


class CutStampError(StampError):
    """The reply ends before its end."""


class RefusedStampError(StampError):
    """The authority replied that it gives no time stamp; the message has its own words."""


class OtherImprintError(StampError):
    """The time stamp is that of something else."""


class OtherNonceError(StampError):
    """The reply belongs to another request, perhaps to an old one."""


class BareStampError(StampError):
    """The reply has no certificates in it, so that nobody could check it later."""


class ClockError(StampError):
    """The authority's time and the time of this machine differ by too much.

    `difference` is the number of seconds by which the authority's clock is ahead of ours; negative if it is behind.
    """

    def __init__(self, message: str, *, difference: float) -> None:
        super().__init__(message)
        self.difference = difference


class UntrustedStampError(StampError):
    """The program openssl does not accept the reply's signature or certificates."""


class TransportError(MonitorError):
    """The receiver of a channel (mail server, Slack or the like) did not take an alert.

    The message names the channel, and never has a secret in it.

    - `permanent`: True if this alert must not be sent again automatically: either a person has to do something first,
      or some of several receivers have it already and must not get it twice.
    - `retry_after`: the number of seconds that the receiver wants us to wait; None if it did not say.
    - `disables`: True if the channel would take no other alert either, until a person mends it.
    - `word`: the one word with which the receiver gave its reason, like `invalid_blocks`; "" if it gave none.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        retry_after: float | None = None,
        disables: bool = False,
        word: str = "",
    ) -> None:
        super().__init__(message)
        self.word = word
        self.permanent = permanent
        self.retry_after = retry_after
        self.disables = disables
