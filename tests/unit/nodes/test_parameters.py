from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from flowforge_provider.exceptions import ExpressionLimitError, ExpressionSyntaxError, ExpressionValueError
from flowforge_provider.nodes.parameters import (
    Template,
    find_templates,
    inspect_parameters,
    render_parameters,
)
from flowforge_provider.nodes.spec import Parameters
from flowforge_provider.nodes.templated import Templated, Text


class Line(BaseModel):
    name: Templated[Text]


class Sample(Parameters):
    count: Templated[Annotated[int, Field(ge=0)]] = 1
    text: Templated[Text] = "{{ trigger.body.name }}"
    literal: str = ""
    lines: list[Line] = Field(default_factory=list)
    anything: Templated[Any] = None


DATA = {"trigger": {"body": {"name": "Ada", "count": 3, "flag": True, "braces": "{{ 1 }}"}}}


def test_templates_become_values_of_the_fields_type() -> None:
    raw = {
        "count": "{{ trigger.body.count }}",
        "lines": [{"name": "{{ trigger.body.count }}"}],
        "anything": {"a": ["{{ 1 }}"]},
    }
    sample = render_parameters(Sample, raw, DATA)
    assert sample.count == 3
    assert sample.lines[0].name == "3"
    assert sample.anything == {"a": [1]}
    assert sample.text == "Ada"  # a default may be a template too
    assert raw["count"] == "{{ trigger.body.count }}"


def test_fields_that_take_no_templates_keep_their_braces() -> None:
    assert (
        render_parameters(Sample, {"literal": "{{ trigger.body.name }}"}, DATA).literal
        == "{{ trigger.body.name }}"
    )


def test_values_from_data_are_not_rendered_again() -> None:
    sample = render_parameters(
        Sample, {"text": "{{ trigger.body.braces }}", "anything": ["{{ trigger.body.braces }}"]}, DATA
    )
    assert sample.text == "{{ 1 }}"
    assert sample.anything == ["{{ 1 }}"]


@pytest.mark.parametrize(
    ("template", "text"), [("{{ trigger.body.flag }}", "true"), ("{{ 1.5 }}", "1.5"), ("{{ 7 }}", "7")]
)
def test_text_fields_take_numbers_and_booleans(template: Any, text: Any) -> None:
    assert render_parameters(Sample, {"text": template}, DATA).text == text


@pytest.mark.parametrize("template", ["{{ null }}", "{{ [1] }}", "{{ trigger }}"])
def test_text_fields_refuse_the_rest(template: Any) -> None:
    with pytest.raises(ValidationError):
        render_parameters(Sample, {"text": template}, DATA)


def test_a_rendered_value_is_checked() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        render_parameters(Sample, {"count": "{{ -1 }}"}, DATA)


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ("{{ trigger.body.nam }}", ExpressionValueError),
        ("{{ 1 + }}", ExpressionSyntaxError),
        ("{{ 'a' * 10**9 }}", ExpressionLimitError),
    ],
)
def test_an_expressions_error_names_the_field(template: Any, error: Any) -> None:
    with pytest.raises(error, match=r"^lines\.1\.name: ") as caught:
        render_parameters(Sample, {"lines": [{"name": "a"}, {"name": template}]}, DATA)
    assert caught.value.error_code == error.code


def test_templates_and_faults_are_found_in_one_pass() -> None:
    raw = {
        "count": "{{ a }}",
        "text": "x",
        "lines": [{"name": "b {{ b }}"}, {}],
        "anything": {"k": ["{{ c }}"], "{{ d }}": 1},
        "typo": 1,
    }
    templates, errors = inspect_parameters(Sample, raw)
    assert templates == [
        Template("count", "{{ a }}"),
        Template("lines.0.name", "b {{ b }}"),
        Template("anything.k.0", "{{ c }}"),
        Template("anything", "{{ d }}"),
    ]
    assert [(error["loc"], error["type"]) for error in errors] == [
        (("lines", 1, "name"), "missing"),
        (("typo",), "extra_forbidden"),
    ]


def test_without_a_context_templates_pass() -> None:
    unrendered: Any = Sample.model_validate({"count": "{{ a }}"}).count
    assert unrendered == "{{ a }}"


def test_rendered_parameters_are_values_only() -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate({"count": "{{ a }}"}, context={"rendered": True})


def test_find_templates_walks_anything() -> None:
    assert list(find_templates([{"a": "{{ 1 }}"}, "b"], "root")) == [Template("root.0.a", "{{ 1 }}")]
