"""
Which network addresses a workflow may call.

Whoever draws a workflow chooses where its requests go, and they leave from a worker inside the company's
network (server-side request forgery, OWASP Top 10 2021, A10). So three kinds of addresses are told apart:

- never: link-local addresses and the metadata services of cloud machines, which hand out the machine's
  credentials;
- only where ``[flowforge] http_allowed_networks`` opens them: this machine, private and all other special
  networks;
- everything else: unless ``[flowforge] http_denied_networks`` closes it.

IPv6 addresses that carry an IPv4 address are judged by that one, too.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, NamedTuple, Union

from flowforge_provider.exceptions import StepError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["AddressRules", "Refusal"]

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]  # noqa: UP007 (Python 3.10 evaluates it)
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]  # noqa: UP007


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


_NEVER = _networks(
    "169.254.0.0/16",  # link-local (RFC 3927): metadata of AWS, Azure, Google, DigitalOcean, OpenStack
    "fe80::/10",  # link-local (RFC 4291)
    "fd00:ec2::/32",  # AWS: metadata, DNS and time of EC2 over IPv6
    "fd20:ce::254/128",  # Google: metadata over IPv6
    "100.100.100.200/32",  # Alibaba Cloud: metadata
    "168.63.129.16/32",  # Azure: the platform's own server, which looks like a public address
    "192.0.0.192/32",  # Oracle Cloud: metadata of older machines
)
# IANA's registries of special-purpose addresses (RFC 6890), as a list of our own: what Python calls global
# differs between its versions.
_SPECIAL = _networks(
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "2001::/23",
    "2001:db8::/32",
    "2620:4f:8000::/48",
    "3fff::/20",
)
# Outside of it, no IPv6 address belongs to the public internet (RFC 4291, section 2.4; RFC 6890).
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LAST_32_BITS = _networks("::/96", "::ffff:0:0:0/96", "64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)

#: Names by which metadata services are known; a proxy would resolve them where no address can be checked.
_METADATA_HOSTS = frozenset(
    {
        "instance-data",
        "instance-data.ec2.internal",
        "metadata",
        "metadata.azure.internal",
        "metadata.goog",
        "metadata.google.internal",
        "metadata.tencentyun.com",
    }
)


class Refusal(NamedTuple):
    """
    Why an address may not be called.

    :param reason: ends the sentence "<address> …"
    :param remedy: what to do about it
    """

    reason: str
    remedy: str


class AddressRules:
    """
    What may be called and what not.

    :param allowed: networks in CIDR form that are open although they are private or special
    :param denied: networks in CIDR form that are closed; they win over ``allowed``
    :param trusted: only refuse what is never allowed; for proxies that an administrator has set up
    :raises ValueError: a network is not in CIDR form
    """

    def __init__(
        self, *, allowed: Sequence[str] = (), denied: Sequence[str] = (), trusted: bool = False
    ) -> None:
        self._allowed = [ipaddress.ip_network(network, strict=False) for network in allowed]
        self._denied = [ipaddress.ip_network(network, strict=False) for network in denied]
        self._trusted = trusted

    def for_trusted_proxy(self) -> AddressRules:
        """Return the rules for a proxy that an administrator has set up."""
        return AddressRules(trusted=True)

    def refusal(self, text: str) -> Refusal | None:
        """
        Return why an address may not be called; None when it may.

        :param text: IPv4 or IPv6 address in the form of ``socket.getpeername``; a zone (``%eth0``) is left
            out
        """
        address = ipaddress.ip_address(text.partition("%")[0])
        refusals = [refusal for refusal in map(self._refusal, _forms(address)) if refusal is not None]
        return _NEVER_CALLED if _NEVER_CALLED in refusals else next(iter(refusals), None)

    def check_host(self, host: str) -> None:
        """
        Refuse the names of metadata services.

        :raises StepError: it is one of them
        """
        if host.rstrip(".").lower() in _METADATA_HOSTS:
            raise _error(host, _NEVER_CALLED)

    def check_addresses(self, addresses: Iterable[str], *, host: str) -> None:
        """
        Refuse the first address that may not be called.

        :param addresses: as for ``refusal``
        :param host: name that led to them, for the error
        :raises StepError: there is one
        """
        for address in addresses:
            refusal = self.refusal(address)
            if refusal is not None:
                raise _error(address if host.strip("[]") == address else f"{address} ({host})", refusal)

    def _refusal(self, address: Address) -> Refusal | None:
        if _is_in(address, _NEVER):
            return _NEVER_CALLED
        if self._trusted:
            return None
        if _is_in(address, self._denied):
            return _DENIED
        if _is_in(address, self._allowed):
            return None
        return _PRIVATE if _is_special(address) else None


_NEVER_CALLED = Refusal(
    "is link-local or a cloud's metadata service, which no workflow may call",
    "Use another address; no setting opens this one.",
)
_DENIED = Refusal(
    "is closed to workflows by [flowforge] http_denied_networks",
    "Use another address, or ask who runs this Airflow.",
)
_PRIVATE = Refusal(
    "is private to this machine or network, which workflows may not call by default",
    "Use a public address, or have an administrator add its network to [flowforge] http_allowed_networks.",
)


def _error(what: str, refusal: Refusal) -> StepError:
    return StepError(
        f"The address {what} {refusal.reason}. {refusal.remedy}", code="http-denied", retryable=False
    )


def _forms(address: Address) -> list[Address]:
    """Return an address and those that it carries in itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]  # The system itself calls the IPv4 address (RFC 4291, section 2.5.5.2).
    forms: list[Address] = [address]
    if address.sixtofour is not None:
        forms.append(address.sixtofour)
    if address.teredo is not None:
        forms += address.teredo
    number = int(address)
    is_isatap = (number >> 32) & 0xFFFFFFFF in _ISATAP
    if is_isatap or (_is_in(address, _LAST_32_BITS) and number > 1):  # :: and ::1 carry nothing
        forms.append(ipaddress.IPv4Address(number & 0xFFFFFFFF))
    return forms


def _is_special(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in _PUBLIC_V6 and address not in _NAT64:
        return True
    return _is_in(address, _SPECIAL)


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
