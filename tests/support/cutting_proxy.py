"""A proxy between a client and a TCP server that cuts the connection at a chosen message."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class CuttingProxy:
    """
    What the proxy shall do, and what it has done; may be changed while it runs.

    :param port: that it listens on
    :param at: bytes of the client at which a connection is cut; never when empty
    :param when: ``before`` the server hears of them, or ``after`` it has answered, which the client does not
        hear
    :param after_bytes: bytes of the server after which a connection is cut; never when 0
    :param refuses: whether new connections are closed at once
    :param refuses_after: whether it refuses once it has cut one
    :param cuts: how many connections were cut
    """

    port: int
    at: bytes = b""
    when: Literal["before", "after"] = "before"
    after_bytes: int = 0
    refuses: bool = False
    refuses_after: bool = False
    cuts: int = 0


@contextmanager
def running_cutting_proxy(target_port: int) -> Iterator[CuttingProxy]:
    """
    Run a proxy until the block ends.

    :param target_port: port on 127.0.0.1 of the server
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = CuttingProxy(port=listener.getsockname()[1])
        stopped = threading.Event()
        thread = threading.Thread(target=_serve, args=(listener, target_port, proxy, stopped), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            stopped.set()
            thread.join()


def _serve(listener: socket.socket, target_port: int, proxy: CuttingProxy, stopped: threading.Event) -> None:
    while not stopped.is_set():
        if not select.select([listener], [], [], 0.05)[0]:
            continue
        client, _ = listener.accept()
        if proxy.refuses:
            client.close()
            continue
        threading.Thread(target=_pump, args=(client, target_port, proxy, stopped), daemon=True).start()


def _pump(client: socket.socket, target_port: int, proxy: CuttingProxy, stopped: threading.Event) -> None:
    count = 0
    with client, socket.create_connection(("127.0.0.1", target_port)) as server, suppress(OSError):
        while not stopped.is_set():
            for ready in select.select([client, server], [], [], 0.05)[0]:
                part = ready.recv(65_536)
                if not part:
                    return
                if ready is client and proxy.at and proxy.at in part:
                    proxy.cuts += 1
                    proxy.refuses = proxy.refuses_after
                    if proxy.when == "after":
                        server.sendall(part)
                        server.recv(65_536)
                    return
                if ready is server:
                    count += len(part)
                    if proxy.after_bytes and count > proxy.after_bytes:
                        proxy.cuts += 1
                        client.sendall(part[: len(part) // 2])
                        return
                (server if ready is client else client).sendall(part)
