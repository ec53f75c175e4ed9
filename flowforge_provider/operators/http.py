"""The step that calls an HTTP service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.http import HttpParameters


class HttpOperator(FlowForgeOperator):
    """
    Send one HTTP request and return {status, headers, body, url, elapsed_ms}.

    ``headers`` have names in lower case. ``body`` is the JSON of the answer, or its text, or Base64 of what
    is neither; None when the answer has no body.

    :param method: HTTP method
    :param url: full address, or a path when a connection gives the base address
    :param connection_id: Airflow connection with base address, credentials and headers
    :param query: list of {name, value}
    :param headers: list of {name, value}
    :param body_type: none, json, form or text
    :param body: JSON; names and values for a form; a string for text
    :param timeout_s: seconds to wait for the connection and for each part of the answer
    :param success_statuses: statuses that do not fail the step: ``2xx``, ``404``, ``200-299``
    :param follow_redirects: go where a 3xx answer points to
    :param verify_tls: refuse servers whose certificate cannot be verified
    """

    @classmethod
    def parameters_model(cls) -> type[HttpParameters]:
        from flowforge_provider.nodes.builtin.http import HttpParameters

        return HttpParameters

    def run(self, parameters: HttpParameters, context: Context) -> dict[str, Any]:  # noqa: ARG002
        """Send the request and return the answer."""
        from flowforge_provider.hooks.http import HttpClient
        from flowforge_provider.settings import http_max_response_bytes

        client = HttpClient(
            connection_id=parameters.connection_id or None,
            max_response_bytes=http_max_response_bytes(),
        )
        with self.stopped_by(client.stop):
            return client.send(parameters)
