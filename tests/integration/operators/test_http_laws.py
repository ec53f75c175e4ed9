"""What a service receives is what the parameters say, whatever they hold: the standard library reads it
back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowforge_provider.hooks.http import HttpClient
from flowforge_provider.nodes.builtin.http_parameters import HttpParameters
from tests.integration.operators.loopback import Loopback, running_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.integration

LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
pairs = st.lists(st.tuples(texts, texts), max_size=6)
header_values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=30)
tokens = st.text("ABCxyz09-_.!#$%&'*+^`|~", min_size=1, max_size=12).map(lambda name: f"X-{name}")
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with running_loopback() as running:
        yield running


def received(server: Loopback, **parameters: Any) -> dict[str, Any]:
    server.requests.clear()
    made = HttpParameters.model_validate({"url": server.url, **parameters}, context={"rendered": True})
    HttpClient(max_response_bytes=1_000_000).send(made)
    return server.requests[0]


def named(given_pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in given_pairs]


@LAW
@given(pairs)
def test_queries(server: Loopback, given_pairs: list[tuple[str, str]]) -> None:
    seen = received(server, query=named(given_pairs))
    assert parse_qsl(seen["query"], keep_blank_values=True, strict_parsing=bool(given_pairs)) == given_pairs


@LAW
@given(pairs, pairs)
def test_queries_follow_those_of_the_address(
    server: Loopback, first: list[tuple[str, str]], second: list[tuple[str, str]]
) -> None:
    address = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in first)
    seen = received(server, url=f"{server.url}/?{address}", query=named(second))
    assert parse_qsl(seen["query"], keep_blank_values=True) == first + second


@LAW
@given(pairs)
def test_forms(server: Loopback, given_pairs: list[tuple[str, str]]) -> None:
    seen = received(server, method="POST", body_type="form", form=named(given_pairs))
    assert parse_qsl(seen["body"], keep_blank_values=True) == given_pairs


@LAW
@given(json_values)
def test_json(server: Loopback, value: Any) -> None:
    seen = received(server, method="POST", body_type="json", body=value)
    assert json.loads(seen["body"].encode("latin-1")) == value


@LAW
@given(st.dictionaries(tokens, header_values, max_size=5))
def test_headers(server: Loopback, headers: dict[str, str]) -> None:
    by_name = {name.lower(): (name, value) for name, value in headers.items()}
    seen = received(server, headers=named(list(by_name.values())))
    assert {name: seen["headers"].get(name) for name in by_name} == {
        name: value for name, (_, value) in by_name.items()
    }


@LAW
@given(st.binary(max_size=200), texts)
def test_files(server: Loopback, content: bytes, name: str) -> None:
    from base64 import b64encode

    file = {"filename": name, "content_type": "application/x", "base64": b64encode(content).decode()}
    seen = received(server, method="POST", body_type="file", file=file)
    assert seen["body"].encode("latin-1") == content
