"""Where a call comes from, seen through proxies."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from flowforge_provider.inbox.addresses import check_address, find_client, household
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.incoming import Incoming

PROXIES = ("10.0.0.0/8", "fd00::/8")
CALL = Incoming(
    method="POST",
    workflow_id="orders",
    path="",
    url="https://example.com/",
    headers={},
    query=(),
    client=None,
    received_at=datetime(2026, 1, 1, tzinfo=timezone.utc),
)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        # Nobody that is trusted has spoken.
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", "192.0.2.1", "203.0.113.5"),
        # One proxy, two of them, and what a client wrote before they did.
        ("10.1.1.1", "192.0.2.1", "192.0.2.1"),
        ("10.1.1.1", "192.0.2.1, 10.2.2.2", "192.0.2.1"),
        ("10.1.1.1", "8.8.8.8, 192.0.2.1, 10.2.2.2", "192.0.2.1"),
        ("10.1.1.1", "10.9.9.9, 192.0.2.1", "192.0.2.1"),
        # All of them are proxies: the first one is asked itself.
        ("10.1.1.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ("10.1.1.1", "", "10.1.1.1"),
        # Ports, zones, and the clothes of IPv6.
        ("fd00::1%eth0", "[2001:db8::1]:4711", "2001:db8::1"),
        ("::ffff:10.1.1.1", "192.0.2.1:4711", "192.0.2.1"),
        ("10.1.1.1", "::ffff:192.0.2.1", "192.0.2.1"),
        # A proxy that passes nonsense on.
        ("10.1.1.1", "unknown", None),
        ("10.1.1.1", "192.0.2.1, _hidden", None),
        ("10.1.1.1", "192.0.2.256", None),
        ("10.1.1.1", " , 192.0.2.1 , ", "192.0.2.1"),
        (None, "192.0.2.1", None),
        ("unix:", "192.0.2.1", None),
    ],
)
def test_who_the_client_is(peer: str | None, forwarded: str, client: str | None) -> None:
    assert find_client(peer, forwarded, PROXIES) == client


def test_without_trusted_proxies_the_peer_is_the_client() -> None:
    assert find_client("10.1.1.1", "192.0.2.1", ()) == "10.1.1.1"
    assert find_client("testclient", "192.0.2.1", ()) == "testclient"


@pytest.mark.parametrize(
    ("client", "allowed", "passes"),
    [
        ("192.0.2.1", [], True),
        (None, [], True),
        ("192.0.2.1", ["192.0.2.1"], True),
        ("192.0.2.1", ["192.0.2.77/24"], True),
        ("192.0.3.1", ["192.0.2.0/24"], False),
        ("::ffff:192.0.2.1", ["192.0.2.0/24"], True),
        ("192.0.2.1", ["::ffff:192.0.2.0/120"], True),
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("2001:db9::1", ["2001:db8::/32", "0.0.0.0/0"], False),
        ("192.0.2.1", ["::/0"], False),
        (None, ["0.0.0.0/0", "::/0"], False),
        ("nonsense", ["0.0.0.0/0", "::/0"], False),
    ],
)
def test_who_may_call(client: str | None, allowed: list[str], passes: bool) -> None:
    call = replace(CALL, client=client)
    if passes:
        check_address(call, allowed)
        return
    with pytest.raises(RefusedError) as caught:
        check_address(call, allowed)
    assert (caught.value.status, caught.value.error_code) == (403, "webhook-address-refused")


def test_one_visitor_has_all_addresses_of_a_network() -> None:
    assert household("2001:db8:1:2::3") == household("2001:db8:1:2:ffff::") == "2001:db8:1:2::/64"
    assert household("2001:db8:1:3::3") != household("2001:db8:1:2::3")
    assert household("192.0.2.1") == household("::ffff:192.0.2.1") == "192.0.2.1"
    assert household("192.0.2.2") != household("192.0.2.1")
    assert household(None) == household(None)
