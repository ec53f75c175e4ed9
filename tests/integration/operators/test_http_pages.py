"""HTTP steps that ask for one page after another, against a real server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from airflow.sdk.exceptions import AirflowFailException

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.http import HttpClient
from flowforge_provider.nodes.builtin.http_parameters import HttpParameters
from tests.integration.operators.loopback import Loopback, running_loopback, wait_until
from tests.support.steps import run_of

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def module_server() -> Iterator[Loopback]:
    with running_loopback() as running:
        yield running


@pytest.fixture
def server(module_server: Loopback) -> Loopback:
    module_server.requests.clear()
    return module_server


def send(url: str, *, max_response_bytes: int = 100_000, **parameters: Any) -> dict[str, Any]:
    return HttpClient(max_response_bytes=max_response_bytes).send(HttpParameters(url=url, **parameters))


def asked(server: Loopback, name: str) -> list[str | None]:
    """Return the values of a query parameter, one for each request."""
    return [parse_qs(request["query"]).get(name, [None])[0] for request in server.requests]


def test_by_the_link_header(server: Loopback) -> None:
    answer = send(f"{server.url}/pages/link", pagination="next_link", query=[{"name": "x", "value": "1"}])
    assert answer["body"] == list(range(7))
    assert (answer["pages"], answer["complete"], answer["status"]) == (3, True, 200)
    assert asked(server, "start") == [None, "3", "6"]
    # A next link is taken as it is.
    assert asked(server, "x") == ["1", None, None]


def test_by_a_link_in_a_field(server: Loopback) -> None:
    answer = send(
        f"{server.url}/pages/field", pagination="next_link", next_field="link", items_field="data.items"
    )
    assert answer["body"] == list(range(7))
    assert asked(server, "start") == [None, "3", "6"]


def test_by_a_cursor(server: Loopback) -> None:
    answer = send(
        f"{server.url}/pages/cursor",
        pagination="cursor",
        cursor_field="next",
        items_field="data.items",
        page_size=2,
        query=[{"name": "total", "value": "5"}],
    )
    assert answer["body"] == list(range(5))
    assert asked(server, "cursor") == [None, "2", "4"]
    assert asked(server, "limit") == ["2"] * 3
    assert asked(server, "total") == ["5"] * 3


def test_by_a_cursor_in_the_body(server: Loopback) -> None:
    answer = send(
        f"{server.url}/pages/cursor",
        method="POST",
        body_type="json",
        body={"total": 4},
        pagination="cursor",
        cursor_field="next",
        items_field="data.items",
        page_in="body",
    )
    assert answer["body"] == list(range(4))
    assert [request["body"] for request in server.requests] == ['{"total": 4}', '{"total": 4, "cursor": 3}']


def test_by_page_numbers_until_an_empty_page(server: Loopback) -> None:
    answer = send(f"{server.url}/pages/number", pagination="page", items_field="data.items")
    assert answer["body"] == list(range(7))
    assert asked(server, "page") == ["1", "2", "3", "4"]
    assert answer["pages"] == 4


def test_by_page_numbers_until_a_short_page(server: Loopback) -> None:
    send(f"{server.url}/pages/number", pagination="page", items_field="data.items", page_size=3)
    assert asked(server, "page") == ["1", "2", "3"]


def test_a_parameter_of_the_page_takes_the_place_of_the_users(server: Loopback) -> None:
    query = [{"name": "page", "value": "9"}]
    send(f"{server.url}/pages/number", pagination="page", items_field="data.items", query=query)
    assert asked(server, "page") == ["1", "2", "3", "4"]


def test_by_offset(server: Loopback) -> None:
    answer = send(f"{server.url}/pages/offset", pagination="offset", items_field="data.items", page_size=4)
    assert answer["body"] == list(range(7))
    assert asked(server, "offset") == ["0", "4"]


def test_pages_as_they_came(server: Loopback) -> None:
    answer = send(
        f"{server.url}/pages/field",
        pagination="next_link",
        next_field="link",
        items_field="data.items",
        collect="pages",
    )
    assert [page["data"]["items"] for page in answer["body"]] == [[0, 1, 2], [3, 4, 5], [6]]


def test_the_limit_of_pages_is_told(server: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    answer = send(f"{server.url}/pages/link", pagination="next_link", max_pages=2)
    assert answer["body"] == list(range(6))
    assert (answer["pages"], answer["complete"]) == (2, False)
    assert "Stopped after 2 pages" in caplog.text
    exact = send(f"{server.url}/pages/link", pagination="next_link", max_pages=3)
    assert exact["complete"]


def test_a_page_that_fails_fails_the_step(server: Loopback) -> None:
    with pytest.raises(StepError) as caught:
        send(f"{server.url}/status/503", pagination="page")
    assert caught.value.status == 503


def test_pages_together_are_limited(server: Loopback) -> None:
    with pytest.raises(StepError, match="pages together are larger") as caught:
        send(f"{server.url}/pages/link", pagination="next_link", max_response_bytes=20)
    assert caught.value.error_code == "http-response-too-large"


def test_a_next_link_leads_to_no_private_address(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__HTTP_ALLOWED_NETWORKS", "127.0.0.1/32")
    link = '{"next": "http://127.0.0.2:1/", "items": [1]}'
    with pytest.raises(StepError) as caught:
        send(
            f"{server.url}/body?type=application/json&hex={link.encode().hex()}",
            pagination="next_link",
            next_field="next",
            items_field="items",
        )
    assert caught.value.error_code == "http-denied"


def test_a_next_link_on_another_host_takes_no_secret_along(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = '{"next": "http://127.0.0.1:1/", "items": [1]}'
    run = run_of(
        "http.request",
        {
            "url": f"/body?type=application/json&hex={link.encode().hex()}",
            "connection_id": "shop",
            "pagination": "next_link",
            "next_field": "next",
            "items_field": "items",
        },
    )
    monkeypatch.setenv(
        "AIRFLOW_CONN_SHOP",
        f'{{"conn_type": "flowforge_http", "host": "{server.url}", "password": "token-of-the-shop"}}',
    )
    with pytest.raises(AirflowFailException):
        run.execute("step")
    assert run.error("step")["code"] == "http-other-host"
    assert len(server.requests) == 1


def test_a_pause_between_pages_can_be_stopped(server: Loopback) -> None:
    client = HttpClient(max_response_bytes=1000)

    def stop_when_received() -> None:
        wait_until(lambda: server.requests)
        client.stop()

    stopper = threading.Thread(target=stop_when_received)
    stopper.start()
    with pytest.raises(StepError) as caught:
        client.send(HttpParameters(url=f"{server.url}/pages/link", pagination="next_link", page_delay_s=30))
    stopper.join()
    assert caught.value.error_code == "step-stopped"


PAGED = {"pagination": "next_link", "next_field": "link", "items_field": "data.items"}


class TestStopWhen:
    def run(self, server: Loopback, condition: str, **outputs: Any) -> Any:
        parameters = {"url": f"{server.url}/pages/field", **PAGED, "stop_when": condition}
        run = run_of("http.request", parameters, body={"last": 4}, outputs=outputs)
        run.execute("step")
        return run.output("step")

    def test_sees_the_page(self, server: Loopback) -> None:
        output = self.run(server, "{{ page.number == 2 and page.status == 200 and 3 in page['items'] }}")
        assert (output["body"], output["pages"], output["complete"]) == (list(range(6)), 2, True)

    def test_sees_what_other_expressions_see(self, server: Loopback) -> None:
        output = self.run(server, "{{ trigger.body.last in page['items'] }}")
        assert output["pages"] == 2

    @pytest.mark.parametrize(
        ("condition", "code"),
        [("{{ page.number }}", "http-pages"), ("{{ page.nothing }}", "expression-value")],
    )
    def test_must_be_true_or_false(self, server: Loopback, condition: str, code: str) -> None:
        parameters = {"url": f"{server.url}/pages/field", **PAGED, "stop_when": condition}
        run = run_of("http.request", parameters)
        with pytest.raises(AirflowFailException):
            run.execute("step")
        assert run.error("step")["code"] == code
