"""Which addresses workflows may call."""

from __future__ import annotations

import ipaddress

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.addresses import AddressRules

EVERYTHING = AddressRules(allowed=["0.0.0.0/0", "::/0"])
NEVER = [
    "169.254.169.254",
    "169.254.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "100.100.100.200",
    "168.63.129.16",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "2002:a9fe:a9fe::1",  # 6to4 of 169.254.169.254
    "::169.254.169.254",
    "::ffff:0:169.254.169.254",
    "2001:0:a9fe:a9fe::1",  # Teredo whose server is 169.254.169.254
    "2a00:1450::5efe:169.254.169.254",  # ISATAP
]
PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "::",
    "::1",
    "fc00::1",
    "fd12::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "2001:db8::1",
    "3fff::1",
    "2001::1",
    "4000::1",
    "64:ff9b:1::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "::ffff:0:10.0.0.1",
    "64:ff9b::10.0.0.1",
    "2002:a00:1::1",  # 6to4 of 10.0.0.1
    "2002:7f00:1::1",
    "2a00:1450::200:5efe:10.0.0.1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2a00:1450:4001::1", "2606:4700::1111"]
PUBLIC += ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"]


@pytest.mark.parametrize("address", NEVER)
def test_metadata_and_link_local_are_refused_whatever_is_allowed(address: str) -> None:
    for rules in (AddressRules(), EVERYTHING, EVERYTHING.for_trusted_proxy()):
        refusal = rules.refusal(address)
        assert refusal is not None
        assert "no setting opens" in refusal.remedy


@pytest.mark.parametrize("address", PRIVATE)
def test_private_and_special_addresses_are_refused_unless_allowed(address: str) -> None:
    refusal = AddressRules().refusal(address)
    assert refusal is not None
    assert "http_allowed_networks" in refusal.remedy
    assert EVERYTHING.refusal(address) is None


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open_unless_denied(address: str) -> None:
    assert AddressRules().refusal(address) is None
    refusal = AddressRules(allowed=["0.0.0.0/0", "::/0"], denied=["0.0.0.0/0", "::/0"]).refusal(address)
    assert refusal is not None
    assert "http_denied_networks" in refusal.reason


def test_only_the_allowed_network_opens() -> None:
    rules = AddressRules(allowed=["10.20.0.0/16"])
    assert rules.refusal("10.20.3.4") is None
    assert rules.refusal("::ffff:10.20.3.4") is None
    assert rules.refusal("10.21.3.4") is not None
    assert rules.refusal("2002:a14:304::1") is None  # 6to4 of 10.20.3.4
    assert rules.refusal("127.0.0.1") is not None


def test_the_list_of_networks_is_that_of_python() -> None:
    """An oracle: ``ipaddress`` of the running Python, but for networks on which its versions differ."""
    rules = AddressRules()
    differs = ("192.0.0.", "192.88.99.", "168.63.129.16")
    for high in range(256):
        for middle in (0, 16, 18, 51, 64, 88, 100, 127, 168, 254):
            for low in (0, 2, 99, 100, 113, 129, 255):
                text = f"{high}.{middle}.{low}.16"
                address = ipaddress.IPv4Address(text)
                if not text.startswith(differs):
                    is_open = address.is_global and not address.is_multicast
                    assert (rules.refusal(text) is None) == is_open, text


@pytest.mark.parametrize("host", ["metadata.google.internal", "METADATA.google.internal.", "instance-data"])
def test_names_of_metadata_services_are_refused(host: str) -> None:
    with pytest.raises(StepError) as caught:
        EVERYTHING.check_host(host)
    assert caught.value.error_code == "http-denied"
    EVERYTHING.check_host("example.com")


def test_the_error_names_address_and_host() -> None:
    with pytest.raises(StepError, match=r"10\.0\.0\.1 \(shop\.example\.com\) is private") as caught:
        AddressRules().check_addresses(["8.8.8.8", "10.0.0.1"], host="shop.example.com")
    assert not caught.value.retryable
    with pytest.raises(StepError, match=r"address 10\.0\.0\.1 is private"):
        AddressRules().check_addresses(["10.0.0.1"], host="10.0.0.1")
