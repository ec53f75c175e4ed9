"""Where a call comes from, seen through proxies, and whether calls from there are taken."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from flowforge_provider.inbox.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowforge_provider.inbox.incoming import Incoming

__all__ = ["check_address", "find_client", "household"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_WITH_PORT = re.compile(r"^(?:\[(?P<six>[^\]]+)\]|(?P<four>[0-9.]+))(?::[0-9]+)?$")


def find_client(peer: str | None, forwarded: str, trusted: tuple[str, ...]) -> str | None:
    """
    Return the address that a call comes from.

    Only what a trusted proxy has written into ``X-Forwarded-For`` is believed: the list is read from its end,
    and the first address that is no trusted proxy is the client. What stands before it anybody may have
    written.

    :param peer: the other end of the connection
    :param forwarded: the header's value; of repeated headers, joined by commas in their order
    :param trusted: networks of trusted proxies
    :return: None when it cannot be told
    """
    address = _read(peer or "")
    if address is None:
        return peer if not trusted else None
    networks = _networks(trusted)
    for hop in reversed([part for part in forwarded.split(",") if part.strip()]):
        if not _is_in(address, networks):
            break
        address = _read(hop)
        if address is None:
            # A proxy that is trusted passes on something that is no address: the client is unknown.
            return None
    return str(address)


def household(client: str | None) -> str:
    """
    Return what addresses are counted by: of IPv6, the network of 64 bits, all of which one visitor has.

    :param client: as ``find_client`` returns it
    """
    address = _read(client or "")
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address or client)


def check_address(incoming: Incoming, allowed: Sequence[str]) -> None:
    """
    Refuse a call from elsewhere.

    :param allowed: networks; all addresses when empty
    :raises RefusedError: 403
    """
    if not allowed:
        return
    address = _read(incoming.client or "")
    if address is not None and _is_in(address, _networks(tuple(allowed))):
        return
    raise RefusedError(
        403,
        "webhook-address-refused",
        f"Calls from {address or 'an unknown address'} are not taken here. Ask the workflow's owner to allow "
        "the address; behind a proxy, the installation has to trust the proxy.",
    )


def _read(text: str) -> Address | None:
    """Return an address without port and zone; IPv4 in IPv6 clothes as IPv4."""
    text = text.strip()
    match = _WITH_PORT.match(text)
    if match:
        text = match["six"] or match["four"]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=500)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(_unmapped(ipaddress.ip_network(text, strict=False)) for text in texts)


def _unmapped(network: Network) -> Network:
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ipaddress.IPv4Network((int(mapped), network.prefixlen - 96))
    return network


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
