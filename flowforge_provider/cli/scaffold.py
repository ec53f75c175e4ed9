"""The files of a package that adds one node type: what ``airflow flowforge new-node-type`` writes."""

from __future__ import annotations

import re
from string import Template
from typing import TYPE_CHECKING

from flowforge_provider.exceptions import FlowForgeError

if TYPE_CHECKING:
    from pathlib import Path

_TYPE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")

_PYPROJECT = Template("""\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "$distribution"
version = "0.1.0"
description = "A node type for FlowForge: $type."
requires-python = ">=3.10"
dependencies = ["airflow-provider-flowforge"]

# This line is what makes FlowForge find the node type.
[project.entry-points."flowforge.node_types"]
$key = "$package.nodes:$name"

[tool.hatch.build.targets.wheel]
packages = ["$package"]
""")

_INIT = Template('"""Adds the node type $type to FlowForge."""\n')

_NODES = Template('''\
"""The node type: what the palette, the form, the checks, the compiler and the documentation need to know."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from flowforge_provider.graph.models import Retry
from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import NodeType, Parameters
from flowforge_provider.nodes.templated import Templated, Text
from pydantic import Field


class ${name}Parameters(Parameters):
    """Parameters of ``$type``; each field is one of the form's."""

    # Templated[...]: the field takes {{ expressions }}. Text also takes numbers, and writes them as text.
    text: Templated[Annotated[Text, Field(min_length=1, max_length=1000)]] = Field(
        title="Text",
        description="What to write in capitals.",
        examples=["{{ trigger.body.name }}"],
        json_schema_extra=widget("expression", order=10),
    )


class $name(NodeType):
    """Writes a text in capitals. Put your own step here."""

    type = "$type"
    title = "$title"
    group = "$group"
    icon = "puzzle"
    summary = "Writes a text in capitals."
    help = "Writes a text in capitals. Later steps read `steps.<id>.text`."
    parameters = ${name}Parameters
    operator = "$package.operators:${name}Operator"
    default_retry = Retry()
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"text": "{{ trigger.body.name }}"},
        "data": {"trigger": {"body": {"name": "Ada"}}},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {"text": {"type": "string", "description": "The text in capitals."}},
    }
''')

_OPERATORS = Template('''\
"""The operator that runs the step; only compiled Dags and workers import it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from $package.nodes import ${name}Parameters


class ${name}Operator(FlowForgeOperator):
    """
    Return {text}.

    :param text: what to write in capitals
    """

    @classmethod
    def parameters_model(cls) -> type[${name}Parameters]:
        """Return the model of the parameters."""
        from $package.nodes import ${name}Parameters

        return ${name}Parameters

    def run(self, parameters: ${name}Parameters, context: Context) -> dict[str, Any]:
        """
        Do the work; expressions are filled in already.

        Raise flowforge_provider.exceptions.StepError for a failure that people can act on.
        """
        return {"text": parameters.text.upper()}
''')

_TEST = Template('''\
"""The node type is complete, and does what it says."""

from __future__ import annotations

from $package.nodes import $name
from flowforge_provider.testing import find_faults, run_step


def test_the_node_type_is_complete() -> None:
    assert find_faults($name) == []


def test_it_writes_capitals() -> None:
    result = run_step($name, {"text": "{{ trigger.body.name }}"}, trigger={"body": {"name": "Ada"}})
    assert result.output == {"text": "ADA"}
''')


class ScaffoldError(FlowForgeError):
    """The package cannot be written."""

    code = "scaffold-refused"


def build_package(type_: str) -> dict[str, str]:
    """
    Return path -> text of an installable package with one node type, its operator and its test.

    :param type_: name of the node type with the vendor in front, for example acme.greet
    :raises ScaffoldError: the name is not of that form
    """
    if not _TYPE.fullmatch(type_):
        raise ScaffoldError(
            f'"{type_}" is no name of a node type. Write two lower-case words with a dot between, the first '
            "one your own: acme.greet."
        )
    vendor, _, word = type_.partition(".")
    words = {
        "type": type_,
        "key": type_.replace(".", "_"),
        "package": f"{vendor}_flowforge",
        "distribution": f"{vendor.replace('_', '-')}-flowforge",
        "name": "".join(part.capitalize() for part in word.split("_")),
        "title": word.replace("_", " ").capitalize(),
        "group": vendor.replace("_", " ").capitalize(),
    }
    files = {
        "pyproject.toml": _PYPROJECT,
        "$package/__init__.py": _INIT,
        "$package/nodes.py": _NODES,
        "$package/operators.py": _OPERATORS,
        "tests/test_$key.py": _TEST,
    }
    return {Template(path).substitute(words): text.substitute(words) for path, text in files.items()}


def write_package(type_: str, folder: Path) -> list[Path]:
    """
    Write the package into a folder and return the files.

    :param folder: is made when it does not exist
    :raises ScaffoldError: the name is wrong, or one of the files is there already; nothing is written then
    """
    files = {folder / path: text for path, text in build_package(type_).items()}
    present = [str(path) for path in files if path.exists()]
    if present:
        raise ScaffoldError(f"{', '.join(present)} is there already. Choose another folder with --folder.")
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(files)
