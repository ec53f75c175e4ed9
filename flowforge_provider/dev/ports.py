"""Find out whether a TCP port of the loopback interface is free, and pick free ones."""

from __future__ import annotations

import contextlib
import socket

LOOPBACK = "127.0.0.1"


def is_port_free(port: int) -> bool:
    """
    Say whether a server could listen on this port of 127.0.0.1 now.

    :param port: 1 to 65535
    """
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        # As servers do: a port in TIME_WAIT counts as free, a listening one does not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def find_free_port(*, start: int | None = None, count: int = 50) -> int:
    """
    Return a port of 127.0.0.1 that nothing listens on.

    :param start: try this port and the ``count - 1`` after it; any port that the system offers when omitted
    :param count: how many ports to try from ``start``
    :raises OSError: none of them is free
    """
    if start is None:
        with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            probe.bind((LOOPBACK, 0))
            port: int = probe.getsockname()[1]
            return port
    for port in range(start, min(start + count, 65536)):
        if is_port_free(port):
            return port
    raise OSError(f"No free port between {start} and {start + count - 1} on {LOOPBACK}.")
