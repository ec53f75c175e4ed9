"""HTTP connections whose peers are checked, and that can be cut from outside."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from flowforge_provider.exceptions import StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class WatchedAdapter(HTTPAdapter):
    """
    Open connections only to allowed addresses, and be able to cut them.

    The address is checked on the open socket, so a name that resolves to something else a moment later cannot
    slip through.

    :param denied_networks: networks in CIDR form that must not be reached
    """

    def __init__(self, *, denied_networks: Sequence[str] = ()) -> None:
        self._denied = [ipaddress.ip_network(network, strict=False) for network in denied_networks]
        self._sockets: list[socket.socket] = []
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make a pool whose connections report their sockets."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pool_classes(self._watch)

    def cut(self) -> None:
        """Shut all sockets down, which ends whatever waits for them; may be called from a signal handler."""
        for opened in self._sockets:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)

    def _watch(self, opened: socket.socket) -> None:
        self._sockets.append(opened)
        peer = opened.getpeername()
        if not isinstance(peer, tuple):
            return
        address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if any(mapped.version == network.version and mapped in network for network in self._denied):
            opened.close()
            raise StepError(
                f"The address {mapped} must not be called from workflows ([flowforge] http_denied_networks). "
                "Use another address, or ask who runs this Airflow.",
                code="http-denied",
                retryable=False,
            )


def _pool_classes(watch: Callable[[socket.socket], None]) -> dict[str, type[HTTPConnectionPool]]:
    class WatchedHTTPConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            opened = super()._new_conn()
            watch(opened)
            return opened

    class WatchedHTTPSConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            opened = super()._new_conn()
            watch(opened)
            return opened

    class WatchedHTTPPool(HTTPConnectionPool):
        ConnectionCls = WatchedHTTPConnection

    class WatchedHTTPSPool(HTTPSConnectionPool):
        ConnectionCls = WatchedHTTPSConnection

    return {"http": WatchedHTTPPool, "https": WatchedHTTPSPool}
