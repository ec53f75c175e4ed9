"""The step that calls an HTTP service."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.http_parameters import HttpParameters


class HttpOperator(FlowForgeOperator):
    """
    Send one HTTP request, or one for each page, and return {status, headers, body, url, elapsed_ms}.

    ``headers`` have names in lower case. ``body`` is the JSON of the answer, its text, or a file; None when
    the answer has no body; the list of all items or pages with ``pagination``, and ``pages`` and
    ``complete`` then tell how many there were and whether that was all.

    :param method: HTTP method
    :param url: full address, or a path when a connection gives the base address
    :param connection_id: Airflow connection with base address, credentials and headers
    :param query: list of {name, value}
    :param headers: list of {name, value}
    :param body_type: none, json, form, multipart, text or file
    :param body: JSON
    :param form: list of {name, value}, for form and multipart
    :param files: list of {name, file, filename}, for multipart
    :param text: the body when it is a text
    :param file: the body when it is a file of an earlier step
    :param content_type: media type of a text or a file
    :param response_type: auto, json, text or file
    :param success_statuses: statuses that do not fail the step: ``2xx``, ``404``, ``200-299``
    :param idempotency: send the same key on each try of a POST or PATCH
    :param connect_timeout_s: seconds to wait for the connection
    :param read_timeout_s: seconds to wait for each part of the answer
    :param total_timeout_s: seconds that one request may take
    :param follow_redirects: go where a 3xx answer points to, at most ``max_redirects`` times
    :param verify_tls: refuse servers whose certificate cannot be verified
    :param proxy: address of an HTTP proxy
    :param pagination: none, next_link, cursor, page or offset
    """

    @classmethod
    def parameters_model(cls) -> type[HttpParameters]:
        from flowforge_provider.nodes.builtin.http_parameters import HttpParameters

        return HttpParameters

    def run(self, parameters: HttpParameters, context: Context) -> dict[str, Any]:
        """Send the request and return the answer."""
        from flowforge_provider.hooks.http import HttpClient
        from flowforge_provider.hooks.http_connection import open_access
        from flowforge_provider.operators.idempotency import idempotency_key
        from flowforge_provider.settings import http_max_response_bytes

        client = HttpClient(
            access=open_access(parameters.connection_id),
            max_response_bytes=http_max_response_bytes(),
            key_of=lambda page: idempotency_key(context, part=f"page-{page}" if page > 1 else ""),
            stops=self._stop_condition(parameters.stop_when, context),
        )
        with self.stopped_by(client.stop):
            return client.send(parameters)

    def _stop_condition(self, expression: str, context: Context) -> Callable[[dict[str, Any]], bool] | None:
        """Return what tells whether a page is the last one; None without a condition."""
        if not expression.strip():
            return None
        from flowforge_provider.operators.rendering import expression_data, render_one

        data = expression_data(self, context, [expression])
        return partial(_is_true, lambda page: render_one(expression, {**data, "page": page}))


def _is_true(evaluate: Callable[[dict[str, Any]], Any], page: dict[str, Any]) -> bool:
    from flowforge_provider.exceptions import StepError

    value = evaluate(page)
    if isinstance(value, bool):
        return value
    raise StepError(
        f"The condition to stop gave {value!r:.100} after page {page['number']}, neither true nor false. "
        f"Compare "
        "something in it, for example {{ page.body.next == none }}.",
        code="http-pages",
        retryable=False,
    )
