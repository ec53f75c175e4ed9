"""The step that sets the result of an execution."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.respond import RespondParameters


class RespondOperator(FlowForgeOperator):
    """
    Set what the execution answers.

    :param status: HTTP status
    :param content: ``json``, ``text``, ``file`` or ``empty``
    :param body: any JSON
    :param text: text
    :param content_type: media type of the text
    :param file: a file as JSON
    :param headers: list of {name, value}
    """

    @classmethod
    def parameters_model(cls) -> type[RespondParameters]:
        from flowforge_provider.nodes.builtin.respond import RespondParameters

        return RespondParameters

    def run(self, parameters: RespondParameters, context: Context) -> dict[str, Any]:  # noqa: ARG002
        """Return {status, headers, content, body, responded_at}."""
        body, content_type = _body(parameters)
        headers = {"content-type": content_type} if content_type else {}
        for header in parameters.headers:
            headers[header.name.lower()] = header.value
        return {
            "status": parameters.status,
            "headers": headers,
            "content": parameters.content,
            "body": body,
            # Of several answers in one execution, the first one counts.
            "responded_at": datetime.now(tz=timezone.utc).isoformat(timespec="microseconds"),
        }


def _body(parameters: RespondParameters) -> tuple[Any, str]:
    """Return the body and its media type."""
    if parameters.content == "text":
        return parameters.text, parameters.content_type
    if parameters.content == "file":
        from flowforge_provider.files import file_from_json, file_to_json, is_reference

        if is_reference(parameters.file):
            # Whoever answers the caller has the store at hand.
            return parameters.file, str(parameters.file.get("content_type") or "application/octet-stream")
        file = file_from_json(parameters.file, where="The file of the answer")
        return file_to_json(file), file.content_type
    return (parameters.body, "application/json") if parameters.content == "json" else (None, "")
