"""
A load generator that costs little: callers on raw sockets, in a process of its own.

``python -m bench.load '{"url": …, "callers": 10, "calls": 500}'`` prints a :class:`Result` as JSON. Each
caller has one connection and sends its next call when the last one is answered. ``python -m bench.load
ceiling`` serves the emptiest answer there is, by which the generator's own ceiling is measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

_TIMEOUT_S = 120


@dataclass
class Result:
    """
    What one round of calls gave.

    :param waits: seconds until the answer, one for each call that was answered
    :param statuses: status -> number of answers; 0 stands for a call without an answer
    :param seconds: how long the whole round took
    """

    callers: int
    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def accepted(self) -> int:
        """Number of 2xx answers."""
        return sum(count for status, count in self.statuses.items() if status.startswith("2"))

    @property
    def refused(self) -> int:
        """Number of calls without a 2xx."""
        return sum(self.statuses.values()) - self.accepted

    @property
    def rate(self) -> float:
        """Accepted calls a second."""
        return self.accepted / self.seconds if self.seconds else 0.0

    @property
    def p50_ms(self) -> float:
        """Median wait."""
        return 1000 * statistics.median(self.waits or [0.0])

    @property
    def p99_ms(self) -> float:
        """Wait that one call in a hundred exceeds."""
        return 1000 * (statistics.quantiles(self.waits, n=100)[-1] if len(self.waits) > 1 else 0.0)


def measure(
    url: str,
    *,
    callers: int,
    calls: int | None = None,
    seconds: float | None = None,
    headers: dict[str, str] | None = None,
    body: object = None,
    timeout_s: float = _TIMEOUT_S,
) -> Result:
    """
    Call from another process, and return what it measured.

    :param calls: how many; as many as fit into ``seconds`` when omitted
    :param body: JSON
    :param timeout_s: seconds after which a call counts as not answered
    """
    process = start(
        url, callers=callers, calls=calls, seconds=seconds, headers=headers, body=body, timeout_s=timeout_s
    )
    return finish(process)


def start(
    url: str,
    *,
    callers: int,
    calls: int | None = None,
    seconds: float | None = None,
    headers: dict[str, str] | None = None,
    body: object = None,
    timeout_s: float = _TIMEOUT_S,
) -> subprocess.Popen[str]:
    """Begin to call; :func:`finish` waits for the end. Parameters as in :func:`measure`."""
    order = {
        "url": url,
        "callers": callers,
        "calls": calls,
        "seconds": seconds,
        "headers": headers or {},
        "body": body,
        "timeout_s": timeout_s,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "bench.load", json.dumps(order)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )


def finish(process: subprocess.Popen[str]) -> Result:
    """Wait for the end of the calls and return what was measured."""
    output, _ = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"The load generator ended with {process.returncode}.")
    return Result(**json.loads(output))


class _Caller(asyncio.Protocol):
    """One connection: writes a call, waits for its answer."""

    def __init__(self) -> None:
        self._buffer = b""
        self._answer: asyncio.Future[int] | None = None
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.transport = None
        self._end(0)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        if at >= 0:
            length = int(lower[at + 15 :].partition(b"\r\n")[0])
            complete = len(rest) >= length
        else:
            complete = b"chunked" not in lower or rest.endswith(b"0\r\n\r\n")
        if complete:
            self._buffer = b""
            self._end(int(head[9:12]))

    def call(self, request: bytes) -> asyncio.Future[int]:
        self._answer = asyncio.get_running_loop().create_future()
        if self.transport is None:
            self._end(0)
        else:
            self.transport.write(request)
        assert self._answer is not None
        return self._answer

    def _end(self, status: int) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)


async def _run(order: dict[str, object]) -> Result:
    url = urlsplit(str(order["url"]))
    callers = int(str(order["callers"]))
    timeout_s = float(str(order["timeout_s"]))
    body = json.dumps(order["body"]).encode()
    headers = {
        "Host": url.netloc,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **dict(order["headers"]),  # type: ignore[call-overload]
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"POST {url.path} HTTP/1.1\r\n{lines}\r\n".encode() + body
    result = Result(callers)
    left = int(str(order["calls"])) if order["calls"] else None
    loop = asyncio.get_running_loop()

    async def connect() -> _Caller:
        _, connection = await loop.create_connection(_Caller, url.hostname or "", url.port or 80)
        return connection

    # Senders keep their connections, so the clock starts when all have one.
    connections: list[_Caller | None] = [await connect() for _ in range(callers)]
    began = time.perf_counter()
    until = began + float(str(order["seconds"])) if order["seconds"] else float("inf")

    async def caller(connection: _Caller | None) -> None:
        nonlocal left
        while (left is None or left > 0) and time.perf_counter() < until:
            if left is not None:
                left -= 1
            at = time.perf_counter()
            try:
                if connection is None or connection.transport is None:
                    connection = await connect()
                status = await asyncio.wait_for(connection.call(request), timeout_s)
            except (OSError, asyncio.TimeoutError):
                status, connection = 0, None
                await asyncio.sleep(0.05)
            if status:
                result.waits.append(time.perf_counter() - at)
            result.statuses[str(status)] = result.statuses.get(str(status), 0) + 1

    await asyncio.gather(*(caller(each) for each in connections))
    result.seconds = time.perf_counter() - began
    return result


class _Nothing(asyncio.Protocol):
    """Answers whatever comes with 202; a call here is one packet."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:  # noqa: ARG002
        self._transport.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}")


async def _serve_nothing() -> None:
    server = await asyncio.get_running_loop().create_server(_Nothing, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def ceiling(*, callers: int = 10) -> Result:
    """Measure the generator alone."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.load", "ceiling"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    ) as server:
        assert server.stdout is not None
        try:
            return measure(
                f"http://127.0.0.1:{int(server.stdout.readline())}/", callers=callers, seconds=2, body={}
            )
        finally:
            server.terminate()


def main(argument: str) -> None:
    """Run one order, or the empty server."""
    run: Any = asyncio.run
    with contextlib.suppress(ImportError):
        from uvloop import run
    if argument == "ceiling":
        run(_serve_nothing())
    else:
        print(json.dumps(asdict(run(_run(json.loads(argument))))))


if __name__ == "__main__":
    main(sys.argv[1])
