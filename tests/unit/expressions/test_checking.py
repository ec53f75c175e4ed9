from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider.expressions import check


@pytest.mark.parametrize(
    "template", ["", "plain", "{{ anything.at.all }}", "{{ steps.x | default(1) }} {{ now() }}", "{%"]
)
def test_what_can_be_rendered_has_no_problem(template: Any) -> None:
    assert check(template) == []


def test_a_problem_knows_its_place() -> None:
    (problem,) = check("first line\n  {{ fine }} {{ a b }} rest")
    assert (problem.line, problem.column) == (2, 14)
    assert "first line\n  {{ fine }} {{ a b }} rest"[problem.start : problem.end] == "{{ a b }}"
    assert problem.code == "expression-syntax"


def test_a_limit_has_its_own_code() -> None:
    (problem,) = check("{{ " + "not " * 4000 + "1 }}")
    assert problem.code == "expression-limit"


def test_the_name_of_a_filter_given_to_map_is_checked() -> None:
    (problem,) = check("{{ a | map('uper') }}")
    assert "Did you mean upper?" in problem.message
