"""What a node type is: one class from which palette, form, checks, code and documentation are made."""

from __future__ import annotations

import builtins  # noqa: TC003 - "type" is a class attribute here
import re
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from flowforge_provider.graph.ids import PORT_ID_PATTERN
from flowforge_provider.graph.models import Retry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Parameters(BaseModel):
    """
    Base of all parameters models: unknown fields are errors.

    Defaults are validated too, so that a default may hold an expression.
    """

    model_config = ConfigDict(extra="forbid", validate_default=True, defer_build=True)


class ParameterProblem(NamedTuple):
    """
    Something wrong between several parameters, found by ``NodeType.check``.

    ``field`` is the path inside the parameters (``headers.0.name``), or empty for all of them.
    """

    code: str
    message: str
    field: str
    severity: Literal["error", "warning"] = "error"


class Port(BaseModel):
    """A named output of a node."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(description="Name used by edges: success, error, true, false, a case.")
    label: str = Field(description="Text beside the port on the canvas.")
    description: str = Field(default="", description="When the port is taken.")
    description_ru: str = Field(default="", description="The same in Russian; English is shown when empty.")


SUCCESS = Port(
    id="success",
    label="success",
    description="The step has succeeded.",
    description_ru="Шаг выполнен успешно.",
)
ERROR = Port(
    id="error",
    label="error",
    description="The step has failed its last try; its output is the error.",
    description_ru="Последняя попытка шага не удалась; его результат — описание ошибки.",
)


class PortsFrom(BaseModel):
    """
    Says that each item of a list among the parameters is a port, so that the editor can draw it at once.

    Such ports stand before the fixed ones. An item is an object; without a slug as its id it makes no port.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    parameter: str = Field(description="Name of the parameter that is the list.")
    id: str = Field(
        default="id", description="Field of an item that is the port's id; never shown or changed."
    )
    label: str = Field(default="label", description="Field of an item that is its label; the id when empty.")


# What a task waits for before it starts: Airflow's trigger rules, as far as a node may choose.
TriggerRule = Literal["all_success", "none_failed_min_one_success", "one_success", "all_done"]


class NodeType:
    """
    Base of all node types. Subclass it, set the class attributes, and name it in the entry point group
    ``flowforge.node_types``.
    """

    # Unique name, lower-case words joined by dots: http.request.
    type: ClassVar[str]
    version: ClassVar[int] = 1
    # A note is drawn and does nothing: it has no ports, no operator, and no part in the Dag.
    kind: ClassVar[Literal["trigger", "action", "note"]] = "action"
    title: ClassVar[str]
    title_ru: ClassVar[str] = ""
    group: ClassVar[str]
    # Name of a lucide icon (kebab-case).
    icon: ClassVar[str]
    # One sentence for the palette.
    summary: ClassVar[str]
    summary_ru: ClassVar[str] = ""
    # Second line of a node on the canvas, with names of parameters in braces: "{method} {url}". When it is
    # empty, the editor takes the first texts among the parameters.
    subtitle: ClassVar[str] = ""
    # Markdown for the panel and the documentation page.
    help: ClassVar[str]
    help_ru: ClassVar[str] = ""
    # Extra words that palette search finds it by.
    keywords: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[builtins.type[Parameters]]
    ports: ClassVar[tuple[Port, ...]] = (SUCCESS, ERROR)
    # Further ports, one for each item of a list among the parameters.
    ports_from: ClassVar[PortsFrom | None] = None
    # "module:Class" of the operator; imported by generated code only. Empty for notes.
    operator: ClassVar[str]
    # Parameters and data that work together, shown in help and run by tests.
    example: ClassVar[dict[str, Any]]
    # JSON Schema of the output, for completion.
    output_schema: ClassVar[dict[str, Any]] = {}
    default_retry: ClassVar[Retry] = Retry()
    # Why one such step cannot be tested by itself; empty where it can.
    untestable: ClassVar[str] = ""
    untestable_ru: ClassVar[str] = ""
    # Whether a loop may run it for each of its items; not so for what ends or answers the whole execution.
    allowed_in_loop: ClassVar[bool] = True

    @classmethod
    def ports_for(cls, parameters: Mapping[str, Any]) -> tuple[Port, ...]:
        """
        Return the ports of a node with these parameters: those that ``ports_from`` asks for, then ``ports``.

        :param parameters: the node's parameters as saved; may be incomplete or wrong, must not raise for that
        """
        own = _ports_of_items(cls.ports_from, parameters) if cls.ports_from else {}
        fixed = {port.id: port for port in cls.ports}
        return (*(port for id_, port in own.items() if id_ not in fixed), *cls.ports)

    @classmethod
    def output_schema_for(cls, parameters: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG003
        """
        Return the JSON Schema of the output of a node with these parameters, for completion.

        Override it where the parameters say more than ``output_schema`` can.

        :param parameters: the node's parameters as saved; may be incomplete or wrong, must not raise for that
        """
        return cls.output_schema

    @classmethod
    def defers(cls, parameters: Mapping[str, Any]) -> bool:  # noqa: ARG003
        """
        Tell whether the step gives its worker back while it waits; its tasks in a loop take one item each.

        :param parameters: the node's parameters as saved; may be incomplete or wrong, must not raise for that
        """
        return False

    @classmethod
    def trigger_rule(cls, parameters: Mapping[str, Any]) -> TriggerRule | None:  # noqa: ARG003
        """
        Return what the step waits for where several steps lead to it; None for what all steps do.

        All steps wait for every step before them, and are skipped when each of those was.

        :param parameters: the node's parameters as saved
        """
        return None

    @classmethod
    def starts_workflows(cls, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ARG003
        """
        Yield the workflows that a node with these parameters starts, as pairs (field, workflow id).

        Who publishes a workflow needs the right to run those, and is warned of those that cannot run.

        :param parameters: the node's parameters as saved; may be incomplete or wrong, must not raise for that
        """
        yield from ()

    @classmethod
    def outlets(cls, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ARG003
        """
        Yield the assets that a node with these parameters updates, as pairs (name, uri).

        :param parameters: the node's parameters as saved; may be incomplete or wrong, must not raise for that
        """
        yield from ()

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """
        Yield what is wrong between several parameters; the model itself checks each one alone.

        :param parameters: the node's parameters as saved; may be incomplete or wrong, must not raise for that
        :param upstream: ids of the nodes whose edges lead to this one
        """
        yield from ()


def _ports_of_items(source: PortsFrom, parameters: Mapping[str, Any]) -> dict[str, Port]:
    items = parameters.get(source.parameter)
    found: dict[str, Port] = {}
    for item in items if isinstance(items, list) else []:
        id_ = item.get(source.id) if isinstance(item, dict) else None
        if isinstance(id_, str) and re.match(PORT_ID_PATTERN, id_) and id_ not in found:
            label = item.get(source.label)
            found[id_] = Port(id=id_, label=label if isinstance(label, str) and label else id_)
    return found
