from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider.nodes.addresses import Address, parse_address, parse_addresses
from flowforge_provider.nodes.builtin.email import EmailParameters, EmailSend
from flowforge_provider.nodes.builtin.email_parts import parse_moment
from flowforge_provider.nodes.parameters import inspect_parameters, render_parameters


@pytest.mark.parametrize(
    ("text", "name", "email"),
    [
        ("ann@example.com", "", "ann@example.com"),
        ("  Ann Lee   <ann@Example.COM> ", "Ann Lee", "ann@example.com"),
        ('"Lee, Ann; \\"Annie\\"" <ann@example.com>', 'Lee, Ann; "Annie"', "ann@example.com"),
        ("Ёж <ёж@почта.рф>", "Ёж", "ёж@xn--80a1acny.xn--p1ai"),
        ("ann+tag@example.com", "", "ann+tag@example.com"),
        ("root@localhost", "", "root@localhost"),
        ("ops@mail.corp.local", "", "ops@mail.corp.local"),
        ("a@server", "", "a@server"),
    ],
)
def test_addresses(text: str, name: str, email: str) -> None:
    assert parse_address(text) == Address(name, email)


@pytest.mark.parametrize(
    "text",
    [
        *("", "ann", "@example.com", "ann@", "a b@example.com", "ann@exa mple.com", "ann@example..com"),
        *(".ann@example.com", "Ann <ann@example.com> x", "ann@[127.0.0.1]", f"{'a' * 65}@example.com"),
        *("ann@-example.com", "ann@exam_ple.com"),
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="no email address"):
        parse_address(text)


@pytest.mark.parametrize("letter", ["\n", "\r", "\0", "\x1f", "\x7f", "\x85", "\u2028"])
def test_control_characters_stand_nowhere(letter: str) -> None:
    for text in (
        f"ann{letter}@example.com",
        f"A{letter}nn <ann@example.com>",
        f'"A{letter}" <ann@example.com>',
    ):
        with pytest.raises(ValueError, match="control character"):
            parse_address(text)


def test_several_in_one_text() -> None:
    text = 'ann@example.com; "Day, Cleo" <cleo@example.com>, , Bob, <bob@example.com>'
    with pytest.raises(ValueError, match='"Bob" is no email address'):
        parse_addresses(text)
    assert [str(address) for address in parse_addresses(text.replace("Bob, ", "Bob "))] == [
        "ann@example.com",
        '"Day, Cleo" <cleo@example.com>',
        "Bob <bob@example.com>",
    ]


def test_every_wrong_part_is_told() -> None:
    with pytest.raises(ValueError, match=r'"one" is no email.*"two@@x" is no email'):
        parse_addresses("one, ann@example.com, two@@x")


def test_an_expression_may_yield_a_list() -> None:
    made = render_parameters(
        EmailParameters,
        {"connection_id": "m", "to": ["{{ trigger.body }}", "c@example.com"]},
        {"trigger": {"body": ["a@example.com", "B <b@example.com>"]}},
    )
    assert made.to == ["a@example.com, B <b@example.com>", "c@example.com"]


@pytest.mark.parametrize(
    ("parameters", "field", "kind"),
    [
        ({"sender": "a@example.com, b@example.com"}, ("sender",), "bad-address"),
        ({"headers": [{"name": "Subject", "value": "x"}]}, ("headers", 0, "name"), "wrong-parameter"),
        ({"headers": [{"name": "X A", "value": "x"}]}, ("headers", 0, "name"), "string_pattern_mismatch"),
        ({"headers": [{"name": "X-A", "value": "x\ny"}]}, ("headers", 0, "value"), "control-character"),
        ({"tags": [{"name": "ä", "value": "x"}]}, ("tags", 0, "name"), "string_pattern_mismatch"),
        ({"scheduled_at": "tomorrow"}, ("scheduled_at",), "wrong-parameter"),
        ({"subject": "a\r\nb"}, ("subject",), "control-character"),
    ],
)
def test_wrong_parameters(parameters: Any, field: Any, kind: str) -> None:
    _, errors = inspect_parameters(
        EmailParameters, {"connection_id": "m", "to": ["a@example.com"], **parameters}
    )
    assert [(error["loc"], error["type"]) for error in errors] == [(field, kind)]


@pytest.mark.parametrize(
    "text", ["2030-01-31T09:00:00Z", "2030-01-31T09:00:00+01:00", "2030-01-31 09:00", "2030-01-31"]
)
def test_moments(text: str) -> None:
    assert parse_moment(text).year == 2030


def test_an_attachment_alone_is_a_message() -> None:
    parameters = {"to": ["a@example.com"], "subject": "x", "attachments": [{"file": "{{ trigger.body }}"}]}
    assert list(EmailSend.check(parameters, upstream=[])) == []
