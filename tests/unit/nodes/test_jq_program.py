from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider.nodes.jq_program import check_program, guard_program

jq = pytest.importorskip("jq")


@pytest.mark.parametrize(
    "program",
    [
        "env",
        "$ENV",
        "$ENV.FLOWFORGE_SECRET",
        "env.FLOWFORGE_SECRET",
        "def f: $ENV; f",
        "reduce . as $x (0; $ENV)",
        "label $out | $ENV",
        '"\\($ENV) \\(env)"',
        ". as {$ENV} ?// $ENV | $ENV",
        "[., env] | tojson",
    ],
)
def test_the_environment_is_out_of_reach(program: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("FLOWFORGE_SECRET", "leaked")
    try:
        results = jq.compile(guard_program(program)).input_value({"a": 1}).all()
    except ValueError as error:
        results = [str(error)]
    assert "leaked" not in repr(results)


@pytest.mark.parametrize("program", ['import "a" as a; 1', 'include "a"; 1', "module {}; 1"])
def test_modules_are_refused(program: Any) -> None:
    assert "syntax error" in (check_program(program) or "")


@pytest.mark.parametrize("program", ["1) , ($ENV", ") | $ENV | ("])
def test_a_program_cannot_close_what_the_prelude_opens(program: Any) -> None:
    assert check_program(program)


@pytest.mark.parametrize(
    ("program", "results"),
    [
        (".a + 1", [2]),
        (".a, .b", [1, [3, 4]]),
        ("def twice: . * 2; .a | twice", [2]),
        ("{total: (.b | add)} # a comment", [{"total": 7}]),
        ("# only a comment\n.a", [1]),
    ],
)
def test_ordinary_programs_work(program: Any, results: Any) -> None:
    assert jq.compile(guard_program(program)).input_value({"a": 1, "b": [3, 4]}).all() == results


def test_the_place_of_an_error_is_counted_in_the_users_program() -> None:
    assert "line 2, column" in (check_program(".a\n| ]") or "")


@pytest.mark.parametrize(
    ("program", "told"),
    [('"a" * 1000000000', "memory"), ('"aaaaaaaaaa" * 100000000', "memory"), ("1" + "+.a" * 16_000, "long")],
)
def test_a_program_that_jq_cannot_compile_cheaply_is_refused(program: Any, told: str) -> None:
    assert told in (check_program(program) or "")


@pytest.mark.parametrize("program", ["(" * 10_000, "[" * 20_000 + "]" * 20_000, "-" * 9_000 + "1"])
def test_deep_programs_harm_nobody(program: Any) -> None:
    problem = check_program(program)
    assert problem is None or "memory" in problem
