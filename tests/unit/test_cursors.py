from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowforge_provider.exceptions import StoreError
from flowforge_provider.store.cursors import make_cursor, read_cursor

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(5000, 1, 1), timezones=st.just(timezone.utc))  # noqa: DTZ001
IDS = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=250)


@given(MOMENTS, IDS)
def test_a_cursor_names_the_row_to_the_microsecond(moment: datetime, last_id: str) -> None:
    assert read_cursor(make_cursor(moment, last_id)) == (moment, last_id)


@pytest.mark.parametrize(
    "text", ["", "x", "1", "1-", "-a", "1~a", "\u0661-a", "1-a\x00", "1-a\n", f"{10**17}-a"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(StoreError) as caught:
        read_cursor(text)
    assert caught.value.error_code == "invalid-cursor"
