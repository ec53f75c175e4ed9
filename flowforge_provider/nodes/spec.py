"""What a node type is: one class from which palette, form, checks, code and documentation are made."""

from __future__ import annotations

import builtins  # noqa: TC003 - "type" is a class attribute here
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

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


class NodeType:
    """
    Base of all node types. Subclass it, set the class attributes, and name it in the entry point group
    ``flowforge.node_types``.
    """

    # Unique name, lower-case words joined by dots: http.request.
    type: ClassVar[str]
    version: ClassVar[int] = 1
    kind: ClassVar[Literal["trigger", "action"]] = "action"
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
    # "module:Class" of the operator; imported by generated code only.
    operator: ClassVar[str]
    # Parameters and data that work together, shown in help and run by tests.
    example: ClassVar[dict[str, Any]]
    # JSON Schema of the output, for completion.
    output_schema: ClassVar[dict[str, Any]] = {}
    default_retry: ClassVar[Retry] = Retry()
    # Whether a loop may run it for each of its items; not so for what ends or answers the whole execution.
    allowed_in_loop: ClassVar[bool] = True
    # Whether its task gives the worker back while it waits. In a loop such a task takes one item only.
    defers: ClassVar[bool] = False

    @classmethod
    def ports_for(cls, parameters: Mapping[str, Any]) -> tuple[Port, ...]:  # noqa: ARG003
        """
        Return the ports of a node with these parameters; override it when they depend on them.

        :param parameters: the node's parameters as saved; may be incomplete or wrong, must not raise for that
        """
        return cls.ports

    @classmethod
    def starts_workflows(cls, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ARG003
        """
        Yield the workflows that a node with these parameters starts, as pairs (field, workflow id).

        Who publishes a workflow needs the right to run those, and is warned of those that cannot run.

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
