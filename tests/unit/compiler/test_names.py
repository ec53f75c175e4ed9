"""Names in generated source."""

from __future__ import annotations

import builtins
import keyword
from inspect import signature

import pytest
from airflow.sdk import BaseOperator

from flowforge_provider.compiler.names import (
    RESERVED_ARGUMENTS,
    ClassPath,
    is_argument_name,
    variable_names,
)
from flowforge_provider.exceptions import CompileError
from flowforge_provider.operators.base import FlowForgeOperator
from flowforge_provider.operators.trigger import TriggerOperator


def test_every_argument_of_airflow_and_of_our_operators_is_reserved() -> None:
    taken = {
        name
        for operator in (BaseOperator, FlowForgeOperator, TriggerOperator)
        for name in signature(operator.__init__).parameters
    }
    assert taken - {"self", "kwargs"} <= RESERVED_ARGUMENTS


def test_no_variable_hides_a_keyword_or_a_built_in() -> None:
    known = (*keyword.kwlist, *keyword.softkwlist, *dir(builtins))
    words = [word for word in known if word[0].islower()]
    names = variable_names(words)
    assert not set(names.values()) & set(words)


def test_no_variable_hides_an_import() -> None:
    assert variable_names(["op", "step"], imported=["op"]) == {"step": "step", "op": "op_"}


@pytest.mark.parametrize("path", ["", "module", "a:b:c", "a b:C", "a:C()", "os;x:C", "a.class:C", "é:C"])
def test_a_strange_class_path_is_refused(path: str) -> None:
    with pytest.raises(CompileError, match="not of the form"):
        ClassPath.parse(path)


def test_class_path() -> None:
    assert ClassPath.parse("pack.age:Class") == ClassPath("pack.age", "Class")


@pytest.mark.parametrize(
    ("name", "fits"), [("url", True), ("a-b", False), ("class", False), ("1a", False), ("", False)]
)
def test_is_argument_name(name: str, fits: bool) -> None:
    assert is_argument_name(name) is fits
