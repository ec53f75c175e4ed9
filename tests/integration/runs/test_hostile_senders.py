"""
Strangers at the front door's socket: malformed, endless, slow, huge. No 500, no hang, and memory has a bound.

A real process of its own takes it all; in between and at the end it still serves who is honest.
"""

from __future__ import annotations

import gzip
import json
import random
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from flowforge_provider.dev.ports import LOOPBACK
from tests.support.airflow import AirflowInstance
from tests.support.front_door import TOKEN, TOKEN_HEADERS, wait_until
from tests.support.front_door_process import FrontDoorProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.dev.guard import Guard
    from tests.support.databases import MigratedPostgres

pytestmark = pytest.mark.integration

PATH = b"/flowforge/api/webhooks/orders"
REPOSITORY = str(Path(__file__).parents[3])
PREPARE = (
    f"import sys; sys.path.insert(0, {REPOSITORY!r})\n"
    "from tests.support.front_door import publish_graph, set_token\n"
    "set_token(); publish_graph()"
)
# What a process may grow by under attack: a storm of its largest bodies has a bound of 64 MiB.
GROWTH_BYTES = 300 * 1024 * 1024
#: seconds after which no answer counts as a hang
HANG_S = 60


@pytest.fixture(scope="module")
def instance(
    tmp_path_factory: pytest.TempPathFactory, migrated_postgres: MigratedPostgres, guard: Guard
) -> Iterator[AirflowInstance]:
    instance = AirflowInstance(
        home=tmp_path_factory.mktemp("hostile"), database_url=migrated_postgres.copy(), guard=guard
    )
    instance.run_python(PREPARE)
    yield instance
    instance.stop()


@pytest.fixture(scope="module")
def front_door(instance: AirflowInstance, guard: Guard) -> Iterator[FrontDoorProcess]:
    front_door = FrontDoorProcess(instance, guard=guard)
    front_door.start()
    try:
        yield front_door
        assert "Traceback" not in front_door.component.log_tail(lines=2000), front_door.component.log_tail()
    finally:
        front_door.stop()


@pytest.fixture(autouse=True)
def _serves_the_honest(front_door: FrontDoorProcess) -> Iterator[None]:
    """Whatever a test has done: an honest sender is served after it, and memory has a bound."""
    process = psutil.Process(front_door.component.pid)
    before = process.memory_info().rss
    yield
    answer = httpx.post(
        f"{front_door.url}{PATH.decode()}", json={"honest": True}, headers=TOKEN_HEADERS, timeout=HANG_S
    )
    assert answer.status_code == 202, answer.text
    growth = process.memory_info().rss - before
    print(f"memory: {before / 2**20:.0f} MiB, grown by {growth / 2**20:.1f} MiB")
    assert growth < GROWTH_BYTES


def _request(
    *,
    body: bytes = b"{}",
    path: bytes = PATH,
    method: bytes = b"POST",
    headers: bytes = b"",
    length: str = "",
) -> bytes:
    lines = [
        method + b" " + path + b" HTTP/1.1",
        b"Host: localhost",
        b"X-FlowForge-Token: " + TOKEN.encode(),
        b"Content-Length: " + (length or str(len(body))).encode(),
        b"Connection: close",
    ]
    return b"\r\n".join(lines) + b"\r\n" + headers + b"\r\n" + body


def _send(front_door: FrontDoorProcess, data: bytes, *, half_close: bool = False) -> tuple[int | None, bytes]:
    """Return the status and the whole answer; None when the connection was closed without one."""
    with socket.create_connection((LOOPBACK, front_door.port), timeout=HANG_S) as connection:
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has answered and closed already
        answer = b""
        try:
            while chunk := connection.recv(65536):
                answer += chunk
        except ConnectionResetError:
            pass
    return (int(answer[9:12]) if answer.startswith(b"HTTP/1.") else None), answer


BODIES = {
    "nothing": b"",
    "half an object": b'{"a": ',
    "not UTF-8": b'"\xff\xfe\xfa"',
    "a lone surrogate": rb'"\ud800"',
    "a NUL": rb'"\u0000"',
    "NaN": b"[NaN, Infinity, -Infinity]",
    "a huge number": b"1" * 5000,
    "a huge exponent": b"1e999999999",
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "repeated names": b'{"a": 1, "a": 2}',
    "UTF-16": '{"a": "б"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "only spaces": b" " * 10_000,
    "a zip": b"PK\x03\x04" + b"\x00" * 1000,
}
TYPES = (
    b"",
    b"Content-Type: application/json\r\n",
    b"Content-Type: application/json; charset=utf-7\r\n",
    b"Content-Type: application/x-www-form-urlencoded\r\n",
    b"Content-Type: multipart/form-data\r\n",
    b"Content-Type: multipart/form-data; boundary=x\r\n",
    b"Content-Type: application/xml\r\n",
    b"Content-Type: text/plain; charset=nonsense\r\n",
    b"Content-Type: application/octet-stream\r\n",
    b"Content-Type: \xff\xfe/\x80\r\n",
    b"Content-Type: " + b"a" * 3000 + b"\r\n",
)


@pytest.mark.parametrize("name", BODIES)
def test_malformed_bodies_of_all_types(front_door: FrontDoorProcess, name: str) -> None:
    for kind in TYPES:
        status, answer = _send(front_door, _request(body=BODIES[name], headers=kind))
        assert status is not None, kind
        assert 200 <= status < 500, (kind, answer[:500])


def test_compressed_bombs_are_not_opened(front_door: FrontDoorProcess) -> None:
    bomb = gzip.compress(b"0" * 200_000_000, compresslevel=9)
    for encoding in (b"gzip", b"deflate", b"br", b"zstd", b"gzip, gzip"):
        headers = b"Content-Type: application/json\r\nContent-Encoding: " + encoding + b"\r\n"
        status, answer = _send(front_door, _request(body=bomb, headers=headers))
        assert status in (413, 415, 422), answer[:500]


def test_xml_that_unfolds_is_refused(front_door: FrontDoorProcess) -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY a0 "ha">{entities}]><x>&a11;</x>'.encode()
    outside = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'
    for body in (bomb, outside):
        status, answer = _send(front_door, _request(body=body, headers=b"Content-Type: application/xml\r\n"))
        assert status == 422, answer[:500]
        assert b"root:" not in answer


@pytest.mark.parametrize(
    "length", ["-1", "abc", "1e3", "99999999999999999999999", "0x10", "2, 2", "2 2", "+2", " "]
)
def test_wrong_content_lengths(front_door: FrontDoorProcess, length: str) -> None:
    status, answer = _send(front_door, _request(length=length), half_close=True)
    assert status is None or 200 <= status < 500, answer[:500]


def test_bodies_shorter_and_longer_than_declared(front_door: FrontDoorProcess) -> None:
    status, _ = _send(front_door, _request(length="500"), half_close=True)
    assert status is None or status == 400
    status, answer = _send(front_door, _request(body=b"{}" + b"GET / HTTP/1.1\r\n\r\n" * 3, length="2"))
    assert status == 202
    assert answer.count(b"HTTP/1.1 ") == 1, "what follows the body was taken for another call"


def test_smuggled_lengths(front_door: FrontDoorProcess) -> None:
    both = b"Transfer-Encoding: chunked\r\n"
    chunked = b"2\r\n{}\r\n0\r\n\r\n"
    for headers, body in (
        (both, chunked),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunked),
        (b"Content-Length: 0\r\n", b"{}"),
        (both, b"zz\r\n{}\r\n0\r\n\r\n"),
        (both, b"ffffffffffffffff\r\n{}"),
    ):
        status, answer = _send(front_door, _request(body=body, headers=headers), half_close=True)
        assert status is None or 200 <= status < 500, answer[:300]


def test_endless_bodies_are_cut_off(front_door: FrontDoorProcess) -> None:
    head = _request().split(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    chunk = b"10000\r\n" + b"1" * 65536 + b"\r\n"
    status, answer = _send(front_door, head + chunk * 200)
    assert status is None or status == 413, answer[:300]


def test_huge_and_many_headers(front_door: FrontDoorProcess) -> None:
    for headers in (
        b"X-Large: " + b"a" * 1_000_000 + b"\r\n",
        b"".join(b"X-%d: a\r\n" % number for number in range(20_000)),
        b"X-Same: a\r\n" * 5000,
        b"Idempotency-Key: " + b"k" * 5000 + b"\r\n",
        b"A" * 50_000 + b": x\r\n",
    ):
        status, answer = _send(front_door, _request(headers=headers), half_close=True)
        assert status is None or 200 <= status < 500, answer[:300]


def test_headers_cannot_be_injected(front_door: FrontDoorProcess) -> None:
    for path in (
        PATH + b"/%0d%0aSet-Cookie:%20a=b",
        b"/flowforge/api/webhooks/x%0d%0aX-Injected:%20yes",
        PATH + b"?a=%0d%0aX-Injected:%20yes",
    ):
        status, answer = _send(front_door, _request(path=path))
        assert status is not None
        assert 200 <= status < 500
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert b"set-cookie" not in head
        assert b"\r\nx-injected" not in head
    status, answer = _send(
        front_door, _request(headers=b"Idempotency-Key: a\rX-Injected: yes\r\n"), half_close=True
    )
    assert status is None or 200 <= status < 500
    assert b"\r\nx-injected" not in answer.partition(b"\r\n\r\n")[0].lower()


def test_unicode_and_nonsense_in_addresses(front_door: FrontDoorProcess) -> None:
    for path in (
        "/flowforge/api/webhooks/заказы",
        "/flowforge/api/webhooks/%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7%D1%8B/%F0%9F%A6%84",
        "/flowforge/api/webhooks/%ff%fe",
        "/flowforge/api/webhooks/%ed%a0%80",
        "/flowforge/api/webhooks/%00",
        "/flowforge/api/webhooks/..%2f..%2fetc%2fpasswd",
        "/flowforge/api/webhooks/../../api/workflows",
        "/flowforge/api/webhooks/orders/" + "a/" * 3000,
        "/flowforge/api/webhooks/" + "a" * 60_000,
        "/flowforge/api/webhooks/orders?" + "a=1&" * 10_000,
        "/flowforge/api/webhooks/orders?a=%ff&%ed%a0%80=1",
        "*",
        "http://elsewhere.example/flowforge/api/webhooks/orders",
    ):
        status, answer = _send(front_door, _request(path=path.encode()), half_close=True)
        assert status is None or 200 <= status < 500, (path[:100], answer[:300])


def test_bytes_at_random(front_door: FrontDoorProcess) -> None:
    source = random.Random(20240229)  # noqa: S311 - to be repeatable is the point
    whole = _request(body=json.dumps({"a": ["б", 1, None]}).encode(), headers=TYPES[1])
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(source.randint(1, 8)):
            at = source.randrange(len(data))
            if source.random() < 0.5:
                data[at] = source.randrange(256)
            else:
                del data[at : at + source.randint(1, 10)]
        status, answer = _send(front_door, bytes(data), half_close=True)
        assert status is None or 200 <= status < 500, (bytes(data), answer[:300])


def test_slow_senders_keep_nobody_out(front_door: FrontDoorProcess) -> None:
    """More slow senders than there are places, for as long as it takes: honest ones are served meanwhile."""
    with ExitStack() as stack:
        for number in range(150):
            connection = stack.enter_context(
                socket.create_connection((LOOPBACK, front_door.port), timeout=HANG_S)
            )
            whole = _request(length="1000")
            # Half of them stop in the middle of the headers.
            connection.sendall(whole if number % 2 else whole[:60])
        with httpx.Client(timeout=HANG_S) as client:
            for _ in range(20):
                answer = client.post(f"{front_door.url}{PATH.decode()}", json={}, headers=TOKEN_HEADERS)
                assert answer.status_code == 202


def test_one_slow_client_leaves_places_to_others(instance: AirflowInstance, guard: Guard) -> None:
    """It opens more calls than a small process may have at once, and holds a share of them."""
    settings = {("flowforge", "inbox_max_concurrency"): "2"}
    small = FrontDoorProcess(instance, guard=guard, settings=settings)
    small.start()

    def post(client: str) -> int:
        # All of 127.0.0.0/8 is this machine, and another sender to the server.
        transport = httpx.HTTPTransport(local_address=client)
        with httpx.Client(timeout=HANG_S, transport=transport) as sender:
            return sender.post(f"{small.url}{PATH.decode()}", json={}, headers=TOKEN_HEADERS).status_code

    try:
        with ExitStack() as stack:
            for _ in range(40):
                connection = stack.enter_context(
                    socket.create_connection((LOOPBACK, small.port), timeout=HANG_S)
                )
                connection.sendall(_request(length="1000"))
            wait_until(lambda: post(LOOPBACK) == 503, timeout_s=HANG_S)
            assert [post("127.0.0.2") for _ in range(10)] == [202] * 10
        wait_until(lambda: post(LOOPBACK) == 202, timeout_s=HANG_S)
    finally:
        small.stop()


def test_a_body_that_does_not_come_is_not_waited_for_for_ever(front_door: FrontDoorProcess) -> None:
    began = time.monotonic()
    status, answer = _send(front_door, _request(length="1000"))
    assert status == 408, answer
    assert 15 < time.monotonic() - began < HANG_S


def test_many_connections_with_large_bodies(front_door: FrontDoorProcess) -> None:
    body = b'"' + b"a" * 1_000_000 + b'"'

    def send(_: int) -> int | None:
        return _send(front_door, _request(body=body, headers=TYPES[1]))[0]

    process = psutil.Process(front_door.component.pid)
    before = highest = process.memory_info().rss
    with ThreadPoolExecutor(100) as pool:
        sent = [pool.submit(send, number) for number in range(200)]
        while not all(each.done() for each in sent):
            highest = max(highest, process.memory_info().rss)
            time.sleep(0.05)
    statuses = {each.result() for each in sent}
    print(
        f"200 bodies of 1 MB, 100 at once: memory grew from {before / 2**20:.0f} to {highest / 2**20:.0f} MiB"
    )
    assert statuses <= {202, 503}
    assert 202 in statuses
    assert highest - before < 2 * GROWTH_BYTES


def test_a_stranger_is_refused_before_its_body_has_come(front_door: FrontDoorProcess) -> None:
    """A wrong token is refused before the body has come."""
    head = _request(length="1000000").replace(TOKEN.encode(), b"wrong")
    began = time.monotonic()
    status, _ = _send(front_door, head)
    assert status == 401
    assert time.monotonic() - began < 15
    wait_until(lambda: httpx.get(f"{front_door.url}/health", timeout=HANG_S).status_code == 200)
