"""Sends a text by the library Apprise: in this process, or in a separate one.

Apprise takes the proxy and the trusted certificate authorities from the environment, and from nowhere else. A process
has one environment, and all channels share it. So a channel that has a proxy or a `ca_file` gets a separate process
with an environment of its own: `python -m monitor.channels.apprise_apart` sends one text. So does a channel without a
proxy if the environment names one, because the configuration alone decides which proxy is used.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING
from urllib.parse import quote

from apprise import Apprise, AppriseAsset, NotifyFormat, PersistentStoreMode

from monitor.config.network import PROXY_VARIABLES
from monitor.config.secrets import hush

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apprise import NotifyBase

    from monitor.config.network import Proxy

MAX_APPRISE_START_SECONDS = 30.0  # for the start of the process, which loads Apprise
MAX_REQUESTS_OF_SERVICE = 2  # that sending one text takes: a service may first be asked for a token


def service_at(address: str) -> NotifyBase | None:
    """Return the service at an Apprise address; None if Apprise knows no such service."""
    asset = AppriseAsset(app_id="monitor", app_desc="monitor", storage_mode=PersistentStoreMode.MEMORY)
    return Apprise.instantiate(address, asset=asset)


def notify(service: NotifyBase, title: str, body: str, *, seconds: float) -> bool:
    """Send a text to a service; return whether it took it.

    seconds: how long one request may take.
    """
    reach = Apprise()
    reach.add(service)
    return bool(reach.notify(body=body, title=title, body_format=NotifyFormat.TEXT, timeout=seconds))


def names_a_proxy() -> bool:
    """Return whether the environment of this process names a proxy, which Apprise would use."""
    return any(map(os.environ.get, PROXY_VARIABLES))


def notify_apart(
    address: str, title: str, body: str, *, seconds: float, proxy: Proxy | None, ca_file: Path | None
) -> bool:
    """Send a text by Apprise in a separate process; return whether the service took it.

    address: the service's Apprise address.
    seconds: how long one request may take.
    proxy: the proxy to use; None to connect to the service directly, whatever the environment says.
    ca_file: a file with further certificate authorities; None for none.

    Raises OSError if `ca_file` can't be read.
    """
    order = json.dumps({"address": address, "title": title, "body": body, "seconds": seconds})
    with _authorities(ca_file) as bundle:
        try:
            done = subprocess.run(  # noqa: S603 - this program itself
                [sys.executable, "-m", __name__],
                input=order.encode(),
                env=_environment(proxy, bundle),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # which may repeat the address
                timeout=MAX_APPRISE_START_SECONDS + MAX_REQUESTS_OF_SERVICE * seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0


def _environment(proxy: Proxy | None, bundle: str | None) -> dict[str, str]:
    """Return the environment of the separate process.

    It is that of this process, but with the given proxy or none, and with the file `bundle` of authorities if there is
    one.
    """
    others = {*PROXY_VARIABLES, "NO_PROXY", "no_proxy"}
    kept = {name: value for name, value in os.environ.items() if name not in others}
    if bundle:
        kept["REQUESTS_CA_BUNDLE"] = bundle
    if proxy is None:
        return kept
    login = ":".join(quote(part, safe="") for part in proxy.login) + "@" if proxy.login else ""
    address = f"{'https' if proxy.secure else 'http'}://{login}{proxy.name}"
    return kept | {"http_proxy": address, "https_proxy": address}


@contextmanager
def _authorities(ca_file: Path | None) -> Iterator[str | None]:
    """Yield the path of a file with the usual authorities and those of `ca_file`; None if there is no such file."""
    if ca_file is None:
        yield None
        return
    import certifi  # noqa: PLC0415 - few channels need it

    with NamedTemporaryFile(prefix="monitor-authorities-", suffix=".pem") as bundle:
        bundle.write(Path(certifi.where()).read_bytes() + b"\n" + ca_file.read_bytes())
        bundle.flush()
        yield bundle.name


def _main() -> None:
    hush()
    order = json.load(sys.stdin)
    service = service_at(order["address"])
    taken = service is not None and notify(service, order["title"], order["body"], seconds=order["seconds"])
    sys.exit(0 if taken else 1)


if __name__ == "__main__":
    _main()
