from __future__ import annotations

from datetime import datetime, timezone

import pytest

from flowforge_provider.hooks.retry_after import parse_retry_after

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("1.5", 1.5),
        ("Wed, 02 Jan 2030 03:05:05 GMT", 60),
        ("Wednesday, 02-Jan-30 03:05:05 GMT", 60),
        ("Wed, 02 Jan 2030 05:05:05 +0200", 60),
        ("Wed Jan  2 03:05:05 2030", 60),
        ("Wed, 02 Jan 2020 03:04:05 GMT", 0),
        ("99999999", 86_400),
        ("1e400", 86_400),
        (None, None),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("nan", None),
        ("٣", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, now=NOW) == seconds
