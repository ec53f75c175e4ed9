"""A node type: what the palette, the form, the checks and the compiler need to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import NodeType, ParameterProblem, Parameters
from flowforge_provider.nodes.templated import Templated, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class GreetParameters(Parameters):
    """Parameters of ``acme.greet``."""

    name: Templated[Annotated[Text, Field(min_length=1, max_length=100)]] = Field(
        title="Name",
        description="Whom to greet.",
        examples=["{{ trigger.body.name }}"],
        json_schema_extra=widget("expression", order=10, label_ru="Имя", help_ru="Кого приветствовать."),
    )
    times: Templated[Annotated[int, Field(ge=1, le=10)]] = Field(
        default=1, title="Times", description="How often.", json_schema_extra=widget(order=20)
    )


class Greet(NodeType):
    """Says hello."""

    type = "acme.greet"
    title = "Greet"
    group = "Acme"
    icon = "hand"
    summary = "Says hello."
    help = "Says hello. Later steps read `steps.<id>.text`."
    parameters = GreetParameters
    operator = "acme_flowforge.operators:GreetOperator"
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"name": "{{ trigger.body.name }}"},
        "data": {"trigger": {"body": {"name": "Ada"}}},
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Refuse to greet too many people."""
        if parameters.get("name") == "everybody" and parameters.get("times", 1) != 1:
            yield ParameterProblem("acme-too-loud", "Greet everybody only once.", "times")
