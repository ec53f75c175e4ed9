"""The step that runs another workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from flowforge_provider.graph.models import Retry
from flowforge_provider.nodes.fields import WorkflowId, widget
from flowforge_provider.nodes.spec import NodeType, ParameterProblem, Parameters
from flowforge_provider.nodes.templated import Templated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class WorkflowRunParameters(Parameters):
    """Parameters of ``workflow.run``."""

    workflow_id: WorkflowId = Field(
        title="Workflow",
        description="The published workflow to run.",
        examples=["orders"],
        json_schema_extra=widget(
            suggestions="/api/workflows?limit=200",
            order=10,
            label_ru="Рабочий процесс",
            help_ru="Опубликованный процесс, который запустить.",
        ),
    )
    payload: Templated[Any] = Field(
        default_factory=dict,
        title="Payload",
        description="Any JSON; the other workflow reads it as trigger.body.",
        examples=[{"id": "{{ trigger.body.id }}"}],
        json_schema_extra=widget(
            "code",
            language="json",
            order=20,
            label_ru="Данные",
            help_ru="Любой JSON; другой процесс читает его как trigger.body.",
        ),
    )
    mode: Literal["wait", "start"] = Field(
        default="wait",
        title="Then",
        description="Wait for the end of the other workflow, or go on at once.",
        json_schema_extra=widget(
            "select",
            order=30,
            options={"wait": "Wait for its end", "start": "Go on at once"},
            options_ru={"wait": "Ждать его завершения", "start": "Продолжить сразу"},
            label_ru="Затем",
            help_ru="Ждать завершения другого процесса или сразу продолжить.",
        ),
    )
    cancel_child: bool = Field(
        default=True,
        title="Cancel it together with this run",
        description="When this run is cancelled while it waits, the other one is cancelled, too.",
        json_schema_extra=widget(
            order=40,
            visible_when={"mode": "wait"},
            advanced=True,
            label_ru="Отменять вместе с этим запуском",
            help_ru="Если этот запуск отменят во время ожидания, отменится и другой.",
        ),
    )


class WorkflowRun(NodeType):
    """Runs another workflow and hands on its result."""

    type = "workflow.run"
    title = "Run workflow"
    title_ru = "Запуск процесса"
    group = "Logic"
    icon = "workflow"
    summary = "Runs another workflow and hands on its result."
    summary_ru = "Запускает другой рабочий процесс и передаёт его результат."
    subtitle = "{workflow_id}"
    help = (
        "Starts a run of another workflow with a payload, which that one reads as `trigger.body`; who "
        "started it is in `trigger.parent`. While the step waits for the end it holds no worker.\n\n"
        "- `steps.<id>.result` is the output of the respond step that ran there, `steps.<id>.result.body` "
        "what it answered; null without one.\n"
        "- When the other run fails, this step fails and names it; connect the `error` port to go on. A "
        "retry starts the other workflow once more; one after a crash takes up the run that was started.\n"
        "- Whoever publishes this workflow needs the right to run the other one.\n"
        "- Workflows may start one another, and themselves, `[flowforge] max_workflow_depth` levels deep."
    )
    help_ru = (
        "Запускает другой процесс с данными, которые тот читает как `trigger.body`; кто его запустил — в "
        "`trigger.parent`. Пока шаг ждёт завершения, он не занимает исполнителя.\n\n"
        "- `steps.<id>.result` — результат сработавшего там шага ответа, `steps.<id>.result.body` — сам "
        "ответ; null, если шага нет.\n"
        "- Если другой запуск завершился ошибкой, этот шаг тоже завершается ошибкой и называет его; чтобы "
        "продолжить, подключите порт `error`. Повтор запускает другой процесс ещё раз; повтор после сбоя "
        "подхватывает уже начатый запуск.\n"
        "- Публикующему этот процесс нужно право запускать другой.\n"
        "- Процессы могут запускать друг друга и самих себя на глубину `[flowforge] max_workflow_depth`."
    )
    keywords: ClassVar[tuple[str, ...]] = (
        "subworkflow",
        "sub-workflow",
        "child",
        "call",
        "trigger",
        "execute",
        "подпроцесс",
        "вызов",
    )
    parameters = WorkflowRunParameters
    operator = "flowforge_provider.operators.workflow_run:WorkflowRunOperator"
    # A child that fails has had retries of its own; another whole run is for its user to ask for.
    default_retry = Retry(retries=2, delay_s=10, never_on=["workflow-failed"])
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"workflow_id": "orders", "payload": {"id": "{{ trigger.body.id }}", "quantity": 2}},
        "data": {"trigger": {"body": {"id": 7}}},
    }
    output_schema: ClassVar[dict[str, Any]] = {
        "type": "object",
        "required": ["result", "state", "workflow_id", "execution_id", "url"],
        "properties": {
            "result": {"description": "Output of the respond step that ran in the other workflow, or null."},
            "state": {"type": "string", "description": "State of the other run: success, queued, running."},
            "workflow_id": {"type": "string", "description": "The other workflow."},
            "execution_id": {"type": "string", "description": "The other execution."},
            "url": {"type": "string", "description": "Its address in the editor."},
        },
    }

    @classmethod
    def starts_workflows(cls, parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Name the workflow that is run."""
        workflow_id = parameters.get("workflow_id")
        if isinstance(workflow_id, str) and workflow_id:
            yield "workflow_id", workflow_id

    @classmethod
    def defers(cls, parameters: Mapping[str, Any]) -> bool:
        """Wait for the other run in the triggerer."""
        return bool(parameters.get("mode", "wait") != "start")

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Ask for a workflow."""
        if parameters.get("workflow_id") == "":
            yield ParameterProblem(
                code="missing-parameter",
                message="No workflow is chosen. Pick the one to run.",
                field="workflow_id",
            )
