from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.nodes.builtin.http import HttpParameters, HttpRequest
from flowforge_provider.nodes.parameters import inspect_parameters, render_parameters
from flowforge_provider.nodes.registry import get_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPES = get_registry().all()


@pytest.mark.parametrize("node_type", TYPES, ids=lambda item: item.type)
def test_the_example_renders_and_validates(node_type: Any) -> None:
    parameters, data = node_type.example["parameters"], node_type.example["data"]
    _, errors = inspect_parameters(node_type.parameters, parameters)
    assert errors == []
    assert render_parameters(node_type.parameters, parameters, data)
    assert [
        problem for problem in node_type.check(parameters, upstream=["a"]) if problem.severity == "error"
    ] == []


@pytest.mark.parametrize("node_type", TYPES, ids=lambda item: item.type)
def test_the_checks_never_raise_for_wrong_parameters(node_type: Any) -> None:
    for junk in (None, 1, "x", [], {}, [1], {"a": 1}):
        parameters = dict.fromkeys(node_type.parameters.model_fields, junk)
        list(node_type.check(parameters, upstream=["a", "b"]))
        node_type.ports_for(parameters)


@pytest.mark.parametrize("node_type", TYPES, ids=lambda item: item.type)
def test_triggers_have_one_port_and_actions_an_error_port_at_last(node_type: Any) -> None:
    ports = [port.id for port in node_type.ports_for({})]
    if node_type.kind == "trigger":
        assert ports == ["success"]
    elif ports:
        assert ports[-1] == "error"
        assert len(ports) > 1


@pytest.mark.parametrize("node_type", TYPES, ids=lambda item: item.type)
def test_words_are_there_in_both_languages(node_type: Any) -> None:
    # Not the title: PostgreSQL is called so everywhere.
    texts = [node_type.summary_ru, node_type.help_ru]
    texts += [port.description_ru for port in node_type.ports]
    assert [text for text in texts if not re.search("[а-я]", text)] == []
    names = re.compile(r"`[^`]+`")
    # What is code is the same in each language.
    assert names.findall(node_type.help_ru) == names.findall(node_type.help)


@pytest.mark.parametrize("node_type", TYPES, ids=lambda item: item.type)
def test_choices_are_labelled_in_both_languages(node_type: Any) -> None:
    for schema in find_choices(node_type.parameters.model_json_schema()):
        # Methods and statuses, written in capitals or digits, are their own labels.
        values = {value for value in schema["enum"] if value.islower()}
        assert values == set(schema.get("x-option-labels", {}))
        assert values == set(schema.get("x-option-labels-ru", {}))


def find_choices(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield each part of a JSON Schema that offers texts to choose from."""
    if isinstance(schema, list):
        for item in schema:
            yield from find_choices(item)
    elif isinstance(schema, dict):
        if isinstance(schema.get("enum"), list):
            yield schema
        for item in schema.values():
            yield from find_choices(item)


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\0b", "a\x7fb", "\x1b"])
def test_a_header_holds_no_control_characters_even_from_data(text: Any) -> None:
    raw = {"url": "https://a", "headers": [{"name": "X", "value": "{{ trigger.body }}"}]}
    with pytest.raises(ValueError, match="no line breaks"):
        render_parameters(HttpParameters, raw, {"trigger": {"body": text}})


@pytest.mark.parametrize("status", ["2xx", "404", "200-299", "5xx"])
def test_success_statuses(status: Any) -> None:
    assert HttpParameters(url="https://a", success_statuses=[status])


@pytest.mark.parametrize("status", ["", "6xx", "20", "2x", "200-", "abc", "200,201"])
def test_bad_success_statuses(status: Any) -> None:
    with pytest.raises(ValueError, match="success_statuses"):
        HttpParameters(url="https://a", success_statuses=[status])


@pytest.mark.parametrize("connection", ["", "shop"])
def test_a_path_needs_a_connection(connection: Any) -> None:
    problems = list(HttpRequest.check({"url": "/a", "connection_id": connection}, upstream=[]))
    assert [problem.code for problem in problems] == ([] if connection else ["relative-url"])


def test_an_address_that_begins_with_an_expression_is_left_to_the_run() -> None:
    assert list(HttpRequest.check({"url": "{{ vars.base }}/a"}, upstream=[])) == []


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"body_type": "file", "method": "PUT"}, "file"),
        ({"body_type": "multipart", "method": "POST", "files": [{"file": "{{ a }}"}, {}]}, "files.1.file"),
        ({"pagination": "cursor"}, "cursor_field"),
        ({"pagination": "page", "page_in": "body"}, "page_in"),
        ({"pagination": "page", "response_type": "file"}, "response_type"),
        ({"pagination": "page", "stop_when": "page.number > 2"}, "stop_when"),
        ({"pagination": "page", "stop_when": "{{ page.number > }}"}, "stop_when"),
        ({"pagination": "page", "stop_when": "{{ a }} {{ b }}"}, "stop_when"),
        ({"pagination": "none", "stop_when": "nonsense"}, None),
        ({"pagination": "page", "stop_when": "{{ page.number > 2 }}"}, None),
    ],
)
def test_parts_of_a_request_that_do_not_fit(parameters: Any, field: str | None) -> None:
    problems = list(HttpRequest.check({"url": "https://a", **parameters}, upstream=[]))
    assert [problem.field for problem in problems] == ([] if field is None else [field])
