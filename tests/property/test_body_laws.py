"""Whatever arrives is either read into what can be kept, or refused with a reason."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flowforge_provider.inbox.bodies import check_content_type, read_bytes
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.incoming import Incoming
from flowforge_provider.runs.payload import check_payload

TYPES = st.one_of(
    st.sampled_from(
        [
            "",
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            'multipart/form-data; boundary=""',
            "application/xml",
            "text/xml; charset=utf-16",
            "text/plain",
            "text/plain; charset=iso-2022-jp",
            "image/png",
            ";;;",
            "a/b; charset=\x85",
        ]
    ),
    st.text(st.characters(max_codepoint=255), max_size=40),
)
# Bytes that mean something to one of the readers.
PIECES = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.sampled_from(
            [
                b"--x\r\n",
                b"--x--\r\n",
                b"\r\n\r\n",
                b"\r\n",
                b'Content-Disposition: form-data; name="a"',
                b'; filename="b"',
                b"Content-Type: text/plain; charset=\xff",
                b"{",
                b"[",
                b'"\\ud800"',
                b"<a>",
                b"</a>",
                b"<?xml version='1.0' encoding='x'?>",
                b"&a=%FF",
                b"=",
            ]
        ),
    ),
    max_size=12,
).map(b"".join)
ENCODINGS = st.sampled_from(["", "", "", "gzip", "deflate", "br", "\x00"])


def call(body: bytes, content_type: str, encoding: str = "") -> Incoming:
    return Incoming(
        method="POST",
        workflow_id="orders",
        path="",
        url="http://testserver/",
        headers={"content-type": content_type, "content-encoding": encoding},
        query=[],
        client=None,
        received_at=datetime.now(tz=timezone.utc),
        body=body,
    )


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(body=st.one_of(st.binary(max_size=200), PIECES), content_type=TYPES, encoding=ENCODINGS)
@example(
    body=b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n--x--',
    content_type="multipart/form-data; boundary=x",
    encoding="",
)
def test_any_bytes_are_read_or_refused(body: bytes, content_type: str, encoding: str) -> None:
    refused = None
    incoming = call(body, content_type, encoding)
    try:
        check_content_type(incoming)
        content = read_bytes(incoming, limit=1000)
    except RefusedError as error:
        refused = error
    if refused is None:
        check_payload(content.body)
    else:
        assert refused.status in {413, 415, 422}


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), inner)
    ),
    max_leaves=10,
)


@given(value=JSON)
def test_json_comes_out_as_it_went_in(value: Any) -> None:
    for content_type in ("application/json", ""):
        assert read_bytes(call(json.dumps(value).encode(), content_type), limit=10**6).body == value


@given(
    pairs=st.lists(
        st.tuples(st.sampled_from("abc"), st.text(st.characters(codec="utf-8", exclude_characters="\x00"))),
        min_size=1,
    )
)
def test_forms_keep_every_value_in_order(pairs: list[tuple[str, str]]) -> None:
    body = read_bytes(call(urlencode(pairs).encode(), "application/x-www-form-urlencoded"), limit=10**6).body
    for name in {name for name, _ in pairs}:
        values = [value for key, value in pairs if key == name]
        assert body[name] == (values if len(values) > 1 else values[0])
