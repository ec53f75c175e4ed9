"""The step that ends an execution."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from flowforge_provider.nodes.fields import widget
from flowforge_provider.nodes.spec import NodeType, Parameters
from flowforge_provider.nodes.templated import Templated, Text


class StopParameters(Parameters):
    """Parameters of ``stop``."""

    outcome: Literal["success", "failure"] = Field(
        default="failure",
        title="End as",
        description="Whether the execution counts as successful or failed.",
        json_schema_extra=widget(
            "select",
            order=10,
            options={"success": "Success", "failure": "Failure"},
            options_ru={"success": "Успех", "failure": "Ошибка"},
            label_ru="Завершить как",
            help_ru="Считать выполнение успешным или завершившимся ошибкой.",
        ),
    )
    message: Templated[Text] = Field(
        default="",
        max_length=4_000,
        title="Message",
        description="Why the execution ends; shown in the run and in the log.",
        examples=["Order {{ trigger.body.id }} has no items."],
        json_schema_extra=widget(
            "textarea",
            order=20,
            label_ru="Сообщение",
            help_ru="Почему выполнение завершается; видно в запуске и журнале.",
        ),
    )


class Stop(NodeType):
    """Ends the execution."""

    type = "stop"
    title = "Stop"
    title_ru = "Стоп"
    group = "Logic"
    icon = "octagon-x"
    summary = "Ends the execution, as a success or as a failure with a message."
    summary_ru = "Завершает выполнение: успехом или ошибкой с сообщением."
    subtitle = "{message}"
    help = (
        "Ends the execution. Steps that have not begun, on whatever way, are skipped; so are those that "
        "wait for "
        "a moment, for a person or for another try. A step that a worker is busy with is not interrupted: it "
        "goes on to its end, nothing follows it, and the execution ends when it does.\n\n"
        "- **Success**: the execution counts as successful, unless another step has failed, or fails "
        "before its "
        "end, and nothing took its `error` port.\n"
        "- **Failure**: the execution fails with the message. It is not tried again."
    )
    help_ru = (
        "Завершает выполнение. Шаги, которые ещё не начались, на любой ветви, пропускаются, как и те, что "
        "ждут "
        "момента, человека или новой попытки. Шаг, который уже выполняется, не прерывается: он доходит до "
        "конца, за ним ничего не следует, и вместе с ним завершается выполнение.\n\n"
        "- **Успех**: выполнение считается успешным, если другой шаг не завершился и не завершится ошибкой, "
        "для которой нет связи от порта `error`.\n"
        "- **Ошибка**: выполнение завершается ошибкой с этим сообщением. Повторных попыток нет."
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "end",
        "fail",
        "abort",
        "error",
        "exit",
        "finish",
        "конец",
        "ошибка",
    )
    parameters = StopParameters
    ports = ()
    operator = "flowforge_provider.operators.stop:StopOperator"
    allowed_in_loop = False
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "properties": {
            "outcome": {"type": "string", "description": "success or failure."},
            "message": {"type": "string", "description": "Why the execution ends."},
            "skipped": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Ids of the tasks that do not run any more.",
            },
        },
    }
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"outcome": "failure", "message": "Order {{ trigger.body.id }} has no items."},
        "data": {"trigger": {"body": {"id": 7}}},
    }
