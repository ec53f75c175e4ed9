"""Email addresses as people write them: ``ann@example.com``, ``Ann Lee <ann@example.com>``, or several."""

from __future__ import annotations

import re
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from flowforge_provider.nodes.templated import Text

CONTROL_CHARACTERS = frozenset(map(chr, range(32))) | {"\x7f", "\x85", "\u2028", "\u2029"}
_PRIVATE_ZONE = re.compile(r"([@.])(local|localhost)$", re.IGNORECASE)
# What an unquoted name may hold (RFC 5322, section 3.2.3: atom), beside letters of any alphabet.
_PLAIN_NAME = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]*")


class Address(NamedTuple):
    """
    A checked email address.

    :param name: display name; may be empty
    :param email: address with an ASCII domain (IDNA); the part before the @ may be international (RFC 6531)
    """

    name: str
    email: str

    @property
    def is_ascii(self) -> bool:
        """Tell whether every mail server can take the address."""
        return self.email.isascii()

    def __str__(self) -> str:
        if not self.name:
            return self.email
        if _PLAIN_NAME.fullmatch(self.name):
            return f"{self.name} <{self.email}>"
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{self.email}>'


def parse_addresses(text: str) -> list[Address]:
    """
    Return the addresses in a text, separated by commas or semicolons.

    :param text: a separator inside quotes or angle brackets belongs to the address
    :raises ValueError: names every part that is no address, and why
    """
    addresses, wrong = [], []
    for part in _split(text):
        try:
            addresses.append(parse_address(part))
        except ValueError as error:  # noqa: PERF203 (each wrong part is told)
            wrong.append(str(error))
    if wrong:
        raise ValueError(" ".join(wrong))
    return addresses


def parse_address(text: str) -> Address:
    """
    Return one address; no network is asked whether it exists.

    :param text: ``ann@example.com`` or ``Ann Lee <ann@example.com>``
    :raises ValueError: it is no address; the text says which and why
    """
    from email_validator import EmailNotValidError, validate_email

    shown = text.strip()
    if CONTROL_CHARACTERS.intersection(shown):
        # A line break here would let data add headers of its own (RFC 5322, section 2.2).
        raise ValueError(f"{_printable(shown)} holds a line break or a control character.")
    name, bare = _name_and_email(shown)
    # The library refuses these zones, which are at home on a company's own mail server, like names without
    # a dot; so it sees another zone in their place.
    inside = _PRIVATE_ZONE.search(bare)
    try:
        checked = validate_email(
            f"{bare[: inside.start()]}{inside[1]}internal" if inside else bare,
            check_deliverability=False,
            strict=True,
            globally_deliverable=False,
            test_environment=True,
        )
    except EmailNotValidError as error:
        raise ValueError(f'"{shown}" is no email address: {str(error).rstrip(".")}.') from error
    domain = checked.ascii_domain
    if inside:
        domain = domain.removesuffix("internal") + inside[2].lower()
    return Address(name, f"{checked.local_part}@{domain}")


def _name_and_email(text: str) -> tuple[str, str]:
    if not text.endswith(">"):
        return "", text
    name, _, bare = text[:-1].rpartition("<")
    name = name.strip()
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name, bare.strip()


def _split(text: str) -> list[str]:
    parts, start, quoted, bracketed = [], 0, False, False
    position = 0
    while position < len(text):
        character = text[position]
        if quoted and character == "\\":
            position += 1
        elif character == '"':
            quoted = not quoted
        elif not quoted and character in "<>":
            bracketed = character == "<"
        elif character in ",;" and not quoted and not bracketed:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    parts.append(text[start:])
    return [part for part in parts if part.strip()]


def _printable(text: str) -> str:
    return '"' + "".join("?" if letter in CONTROL_CHARACTERS else letter for letter in text[:200]) + '"'


def _join(value: Any) -> Any:
    # One whole expression may yield a list of addresses.
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value


def _check(text: str) -> str:
    try:
        parse_addresses(text)
    except ValueError as error:
        raise PydanticCustomError("bad-address", "{problem}", {"problem": str(error)}) from error
    return text


def _check_one(text: str) -> str:
    _check(text)
    if len(parse_addresses(text)) > 1:
        raise PydanticCustomError("bad-address", "There is one sender. Keep one address.")
    return text


#: Addresses in one text, or a list of them from an expression.
AddressText = Annotated[Text, BeforeValidator(_join), AfterValidator(_check)]
#: At most one address.
OneAddressText = Annotated[Text, AfterValidator(_check_one)]
