"""Database values as JSON."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowforge_provider.hooks.json_values import to_json_value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (2**70, 2**70),
        ("ä", "ä"),
        (1.5, 1.5),
        (float("-inf"), "-inf"),
        (Decimal("10.50"), 10.5),
        (Decimal("1E+2"), 100),
        (Decimal(2**63 - 1), 2**63 - 1),
        (Decimal(2**63), str(2**63)),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
        (Decimal("1E+400"), "1" + "0" * 400),
        (Decimal("Infinity"), "Infinity"),
        (datetime(2024, 2, 29, 1, 2, 3, tzinfo=timezone.utc), "2024-02-29T01:02:03+00:00"),
        (date(2024, 2, 29), "2024-02-29"),
        (time(1, 2, 3), "01:02:03"),
        (timedelta(days=-1, hours=-2), "-P1DT2H"),
        (timedelta(microseconds=1), "PT0.000001S"),
        (timedelta(days=400), "P400D"),
        (b"\x00\xff", "AP8="),
        (memoryview(b"a"), "YQ=="),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (ip_address("::1"), "::1"),
        ((1, [Decimal(1)]), [1, [1]]),
        ({1: {"a": b"a"}}, {"1": {"a": "YQ=="}}),
    ],
)
def test_to_json_value(value: Any, expected: Any) -> None:
    got = to_json_value(value)
    assert got == expected
    assert type(got) is type(expected)
    assert json.loads(json.dumps(got, allow_nan=False)) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_no_decimal_loses_a_digit(value: Decimal) -> None:
    assert Decimal(str(to_json_value(value))) == value
