"""The trigger of a workflow that an HTTP call starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowforge_provider.nodes.builtin.webhook.access import AccessParameters, check_access
from flowforge_provider.nodes.builtin.webhook.authentication import (
    AuthenticationParameters,
    check_authentication,
)
from flowforge_provider.nodes.builtin.webhook.decisions import DecisionParameters, check_decisions
from flowforge_provider.nodes.builtin.webhook.flow import FlowParameters
from flowforge_provider.nodes.builtin.webhook.intake import IntakeParameters
from flowforge_provider.nodes.builtin.webhook.response import ResponseParameters
from flowforge_provider.nodes.spec import SUCCESS, NodeType, ParameterProblem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class WebhookParameters(
    ResponseParameters,
    FlowParameters,
    AccessParameters,
    AuthenticationParameters,
    DecisionParameters,
    IntakeParameters,
):
    """Parameters of ``webhook``."""


class WebhookTrigger(NodeType):
    """A run starts for each accepted HTTP call."""

    type = "webhook"
    kind = "trigger"
    title = "Webhook"
    title_ru = "Вебхук"
    group = "Triggers"
    icon = "webhook"
    summary = "Starts a run for each HTTP call."
    summary_ru = "Запускается при каждом HTTP-запросе."
    subtitle = "{connection_id}"
    help = (
        "Send `POST /flowforge/api/webhooks/<workflow id>` with JSON, a form, files, XML, text or any "
        "bytes. A 202 answer means that the "
        "delivery is stored and becomes exactly one run.\n\n"
        "- `trigger.body` is the body: JSON, the fields of a form, XML as objects, or text. A file is "
        "`{filename, content_type, size, file_id}`, which steps take wherever they take a file\n"
        "- `trigger.headers` are the headers, with lower-case names\n"
        "- `trigger.query` are the query parameters\n\n"
        "The token or signing secret is the password of an Airflow connection and is never part of the "
        "graph. docs/webhooks.md has a recipe for each sender: GitHub, Stripe, Slack, Shopify, Twilio, "
        "Meta and others.\n\n"
        "- *Only when* skips deliveries that do not matter. A repeated delivery is recognised by the "
        "sender's id, by `Idempotency-Key`, or by an expression, and answered like the first one.\n"
        "- *Flow control* limits the rate, runs only the last of a series (debounce), collects deliveries "
        "into one run (batch: `trigger.body` is the list of bodies, `trigger.deliveries` their ids), and "
        "lets only so many executions of one customer, say, be unfinished at once.\n"
        "- Their expressions see `trigger` only. One that fails refuses the delivery with 422.\n"
        "- *Answer* lets callers wait: for the end of the workflow, or for a *Respond* step, whose status, "
        "headers and body they get. A failed workflow is a 500; after the longest wait they get 202.\n"
        "- A *JSON Schema* refuses bodies that do not match, with all faults; *Allowed sites* are those "
        "whose pages "
        "may call the webhook from the browser."
    )
    help_ru = (
        "Отправьте `POST /flowforge/api/webhooks/<workflow id>` с JSON, формой, файлами, XML, текстом "
        "или любыми байтами. Ответ 202 значит, что запрос "
        "сохранён и станет ровно одним запуском.\n\n"
        "- `trigger.body` — тело: JSON, поля формы, XML в виде объектов или текст. Файл — это "
        "`{filename, content_type, size, file_id}`; шаги принимают его везде, где нужен файл\n"
        "- `trigger.headers` — заголовки, имена строчными буквами\n"
        "- `trigger.query` — параметры адреса\n\n"
        "Токен или секрет подписи — это пароль подключения Airflow; в графе его нет. В docs/webhooks.md есть "
        "рецепт для каждого отправителя: GitHub, Stripe, Slack, Shopify, Twilio, Meta и других.\n\n"
        "- *Только если* пропускает ненужные запросы. Повтор распознаётся по id отправителя, по "
        "`Idempotency-Key` или по выражению и получает ответ первого запроса.\n"
        "- *Управление потоком* ограничивает частоту, запускает только последний запрос серии, собирает "
        "запросы в один запуск (пачка: `trigger.body` — список тел, `trigger.deliveries` — их id) и не "
        "даёт слишком многим запускам, например одного клиента, идти одновременно.\n"
        "- Их выражения видят только `trigger`. Если выражение не вычислить, запрос получает отказ 422.\n"
        "- *Ответ* позволяет вызывающему ждать: завершения процесса или шага «Ответ», чьи статус, "
        "заголовки и "
        "тело он получит. Ошибка процесса — это 500; если ждать слишком долго — 202.\n"
        "- *JSON Schema* отклоняет тела, которые ей не соответствуют, со всеми ошибками; *Разрешённые "
        "сайты* — "
        "те, чьи страницы могут вызывать вебхук из браузера."
    )
    keywords: ClassVar[tuple[str, ...]] = ("http", "post", "callback", "hook", "хук", "запрос")
    parameters = WebhookParameters
    ports = (SUCCESS,)
    operator = "flowforge_provider.operators.trigger:TriggerOperator"
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"authentication": "header_token", "connection_id": "orders_webhook"},
        "data": {},
    }

    @classmethod
    def check(cls, parameters: Mapping[str, Any], *, upstream: Sequence[str]) -> Iterator[ParameterProblem]:  # noqa: ARG003
        """Ask for the secret, and for signatures, handshakes and decisions that can be trusted."""
        yield from check_authentication(parameters)
        yield from check_access(parameters)
        yield from check_decisions(parameters)
