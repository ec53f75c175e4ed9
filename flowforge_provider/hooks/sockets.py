"""HTTP connections whose peers are checked, and that can be cut from outside."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NameResolutionError
from urllib3.util.connection import allowed_gai_family

from flowforge_provider.exceptions import StepError

if TYPE_CHECKING:
    import ssl

    from flowforge_provider.hooks.addresses import AddressRules

__all__ = ["WatchedAdapter", "check_name"]


class WatchedAdapter(HTTPAdapter):
    """
    Open connections only to allowed addresses, and be able to cut them.

    A name is resolved once, each address is checked, and exactly that address is called; the open socket is
    looked at again. So a name that resolves to something else a moment later cannot slip through, nor can a
    redirect.

    :param rules: what may be called
    :param proxy_rules: the same for proxies; ``rules`` when omitted
    :param ssl_context: of https connections; as ``verify`` and ``cert`` of the request say when omitted
    """

    def __init__(
        self,
        *,
        rules: AddressRules,
        proxy_rules: AddressRules | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._watch = _Watch(rules)
        self._proxy_watch = _Watch(proxy_rules or rules)
        self._ssl_context = ssl_context
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Make a pool whose connections report their sockets."""
        super().init_poolmanager(connections, maxsize, block, **{**kwargs, **self._ssl_arguments()})
        self.poolmanager.pool_classes_by_scheme = _pool_classes(self._watch)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the pools of a proxy, whose connections report their sockets, too."""
        manager = super().proxy_manager_for(proxy, **{**kwargs, **self._ssl_arguments()})
        manager.pool_classes_by_scheme = _pool_classes(self._proxy_watch)
        return manager

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Leave it to the context, where there is one, whom to trust."""
        if self._ssl_context is None:
            super().cert_verify(conn, url, verify, cert)
        else:
            conn.cert_reqs = self._ssl_context.verify_mode
            conn.ca_certs = conn.ca_cert_dir = None

    def cut(self) -> None:
        """Shut all sockets down, which ends whatever waits for them; may be called from a signal handler."""
        for watch in (self._watch, self._proxy_watch):
            watch.cut()

    def _ssl_arguments(self) -> dict[str, Any]:
        return {} if self._ssl_context is None else {"ssl_context": self._ssl_context}


class _Watch:
    def __init__(self, rules: AddressRules) -> None:
        self._rules = rules
        self._sockets: list[socket.socket] = []
        self._is_cut = False

    def resolve(self, host: str, port: int) -> list[str]:
        """
        Return the addresses of a host that may be called, in the order of the system.

        :raises StepError: it has addresses, but none of them may be called
        :raises socket.gaierror: it has no address
        """
        self._rules.check_host(host)
        found = socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        allowed = [address for address in addresses if self._rules.refusal(address) is None]
        if not allowed:
            self._rules.check_addresses(addresses, host=host)
        return allowed

    def add(self, opened: socket.socket, *, host: str) -> None:
        """Remember an open socket, and look where it really goes."""
        self._sockets.append(opened)
        try:
            self._rules.check_addresses([str(opened.getpeername()[0])], host=host)
        except StepError:
            opened.close()
            raise
        if self._is_cut:
            opened.shutdown(socket.SHUT_RDWR)

    def cut(self) -> None:
        self._is_cut = True
        for opened in self._sockets:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)


def check_name(rules: AddressRules, host: str) -> None:
    """
    Refuse a host that a proxy is to call, when any of its addresses may not be called; one without is left
    alone.

    :param host: name, or an address in any form that the system reads, such as ``2130706433``
    :raises StepError: it may not be called
    """
    rules.check_host(host)
    try:
        found = socket.getaddrinfo(host, None, allowed_gai_family(), socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return
    rules.check_addresses([str(entry[4][0]) for entry in found], host=host)


def _pool_classes(watch: _Watch) -> dict[str, type[HTTPConnectionPool]]:
    def open_socket(connection: HTTPConnection, open_to_host: Any) -> socket.socket:
        name = connection._dns_host
        try:
            addresses = watch.resolve(name, connection.port)
        except (socket.gaierror, UnicodeError) as error:
            cause = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(connection.host, connection, cause) from error
        failure: HTTPError | None = None
        for address in addresses:
            # The name stays what the certificate is compared with; only the look-up gets the address.
            connection._dns_host = address
            try:
                opened: socket.socket = open_to_host()
            except HTTPError as error:
                failure = error
                continue
            finally:
                connection._dns_host = name
            watch.add(opened, host=name)
            return opened
        raise failure or NameResolutionError(
            connection.host, connection, socket.gaierror("the name has no address")
        )

    class WatchedHTTPConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return open_socket(self, super()._new_conn)

    class WatchedHTTPSConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return open_socket(self, super()._new_conn)

    class WatchedHTTPPool(HTTPConnectionPool):
        ConnectionCls = WatchedHTTPConnection

    class WatchedHTTPSPool(HTTPSConnectionPool):
        ConnectionCls = WatchedHTTPSConnection

    return {"http": WatchedHTTPPool, "https": WatchedHTTPSPool}
