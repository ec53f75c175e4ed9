from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider.expressions import references


@pytest.mark.parametrize(
    ("template", "steps"),
    [
        ("{{ steps.get.body.price }}", {"get"}),
        ("{{ steps['get'].body }} and {{ steps.put }}", {"get", "put"}),
        ("{{ (steps.a.x if steps.b.y else steps.c) | default(steps.d) }}", {"a", "b", "c", "d"}),
        ("{{ [steps.a, {'k': steps.b}] | map(attribute=steps.c) }}", {"a", "b", "c"}),
        ("{{ trigger.body[steps.a.key] }}", {"a"}),
        ("{{ steps.a.list[steps.b.index].x }}", {"a", "b"}),
        ("{{ 'steps.a' }} steps.b", set()),
        ("{{ now(steps.a.zone) }}", {"a"}),
        ("{{ steps.a is defined and 1 in steps.b }}", {"a", "b"}),
        ("{{ not readable }", set()),
        ({"a": ["{{ steps.a }}"], "{{ steps.b }}": 1}, {"a", "b"}),
    ],
)
def test_steps_are_found_wherever_they_stand(template: Any, steps: Any) -> None:
    found = references(template)
    assert found.steps == steps
    assert not found.whole_steps


@pytest.mark.parametrize(
    "template", ["{{ steps }}", "{{ steps | tojson }}", "{{ steps[trigger.body.step] }}"]
)
def test_a_computed_step_needs_all_of_them(template: Any) -> None:
    assert references(template).whole_steps


def test_names_and_variables() -> None:
    found = references("{{ vars.rate * trigger.body.id }} {{ vars['a'] }} {{ null }} {{ now() }}")
    assert found.names == {"vars", "trigger"}
    assert found.variables == {"rate", "a"}
    assert not found.whole_variables
    assert references("{{ vars | keys }}").whole_variables
