"""The HTTP step as a whole: keys, retries, records, crashes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from flowforge_provider.exceptions import StepError
from flowforge_provider.files import File, file_to_json
from flowforge_provider.nodes.builtin.http import HttpRequest
from flowforge_provider.operators.retry import StepRetryPolicy
from tests.integration.operators.loopback import Loopback, free_port, running_loopback
from tests.support.killed_step import KilledStep
from tests.support.shop import Shop, running_shop
from tests.support.steps import graph_of, run_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.graph.models import Retry

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def module_server() -> Iterator[Loopback]:
    with running_loopback() as running:
        yield running


@pytest.fixture
def server(module_server: Loopback) -> Loopback:
    module_server.requests.clear()
    return module_server


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


def keys(server: Loopback, name: str = "idempotency-key") -> list[str | None]:
    return [request["headers"].get(name) for request in server.requests]


def execute(parameters: dict[str, Any], *, try_number: int = 1, **options: Any) -> Any:
    run = run_of("http.request", parameters, **options)
    run.execute("step", try_number=try_number, max_tries=5)
    return run.output("step")


def failure(parameters: dict[str, Any]) -> StepError:
    """Return the error of a first try, of which there are more."""
    run = run_of("http.request", parameters)
    with pytest.raises((StepError, AirflowFailException)) as caught:
        run.execute("step", try_number=1, max_tries=5)
    error = caught.value
    told = error.__cause__ if isinstance(error, AirflowFailException) else error
    assert isinstance(told, StepError)
    return told


def is_retried(error: StepError, rules: Retry = HttpRequest.default_retry) -> bool:
    policy = StepRetryPolicy(retry_on=rules.retry_on or (), never_on=rules.never_on or ())
    return policy.evaluate(error, 1, 5).action.value == "retry"


class TestIdempotencyKey:
    def test_is_the_same_on_each_try(self, server: Loopback) -> None:
        for try_number in (1, 2):
            execute({"url": server.url, "method": "POST"}, try_number=try_number)
        first, second = keys(server)
        assert first == second
        assert first

    @pytest.mark.parametrize(("method", "has_key"), [("PATCH", True), ("GET", False), ("PUT", False)])
    def test_goes_with_what_is_not_idempotent_by_itself(
        self, server: Loopback, method: str, has_key: bool
    ) -> None:
        execute({"url": server.url, "method": method})
        assert (keys(server)[0] is not None) == has_key

    def test_can_be_named_and_switched_off(self, server: Loopback) -> None:
        execute({"url": server.url, "method": "POST", "idempotency_header": "X-Request-Key"})
        assert keys(server) == [None]
        assert keys(server, "x-request-key")[0]
        execute({"url": server.url, "method": "POST", "idempotency": False})
        assert keys(server)[1] is None

    def test_of_the_user_wins(self, server: Loopback) -> None:
        headers = [{"name": "idempotency-key", "value": "mine"}]
        execute({"url": server.url, "method": "POST", "headers": headers})
        assert keys(server) == ["mine"]

    def test_each_page_has_its_own(self, server: Loopback) -> None:
        paged = {
            "url": f"{server.url}/pages/cursor",
            "method": "POST",
            "pagination": "cursor",
            "cursor_field": "next",
            "items_field": "data.items",
        }
        execute({**paged})
        assert len(set(keys(server))) == len(keys(server)) == 3


class TestRetryRules:
    @pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
    def test_these_statuses_are_tried_again(self, server: Loopback, status: int) -> None:
        error = failure({"url": f"{server.url}/status/{status}"})
        assert error.status == status
        assert is_retried(error)

    @pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 410, 422, 501, 505])
    def test_these_are_not(self, server: Loopback, status: int) -> None:
        assert not is_retried(failure({"url": f"{server.url}/status/{status}"}))

    def test_lost_connections_and_timeouts_are_tried_again(self, server: Loopback) -> None:
        down = failure({"url": f"http://127.0.0.1:{free_port()}"})
        slow = failure({"url": f"{server.url}/slow", "read_timeout_s": 0.2})
        cut = failure({"url": f"{server.url}/cut"})
        assert [(error.kind, is_retried(error)) for error in (down, slow, cut)] == [
            ("connection", True),
            ("timeout", True),
            ("connection", True),
        ]

    def test_what_no_try_can_mend_is_not(self, server: Loopback) -> None:
        for parameters in ({"url": "ftp://a"}, {"url": f"{server.url}/big?bytes=20000000"}):
            assert not is_retried(failure(parameters))

    @pytest.mark.parametrize("status", [429, 503])
    def test_retry_after_in_seconds(self, server: Loopback, status: int) -> None:
        error = failure({"url": f"{server.url}/status/{status}?retry_after=7"})
        assert error.retry_after_s == 7
        assert error.kind == ("rate_limit" if status == 429 else None)

    def test_retry_after_as_a_date(self, server: Loopback) -> None:
        moment = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=90), usegmt=True)
        url = f"{server.url}/status/503?retry_after={moment.replace(' ', '%20')}"
        retry_after_s = failure({"url": url}).retry_after_s
        assert retry_after_s is not None
        assert 80 < retry_after_s <= 90


class TestRecords:
    SECRET = "very-secret-token"

    @pytest.fixture(autouse=True)
    def _connection(self, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        connection = {"conn_type": "flowforge_http", "host": server.url, "password": self.SECRET}
        monkeypatch.setenv("AIRFLOW_CONN_SHOP", json.dumps(connection))

    def test_secrets_are_in_no_record(self, server: Loopback, capfd: pytest.CaptureFixture[str]) -> None:
        parameters = {
            "url": "/echo",
            "connection_id": "shop",
            "headers": [{"name": "X-Copy", "value": "{{ trigger.body.copy }}"}],
        }
        run = run_of("http.request", parameters, body={"copy": f"a {self.SECRET}"})
        output = run.execute("step")
        assert server.requests[0]["headers"]["authorization"] == f"Bearer {self.SECRET}"
        assert output["body"]["headers"]["authorization"] == "Bearer ***"
        assert output["body"]["headers"]["x-copy"] == "a ***"
        # The input is recorded before the connection is read: what comes from data is data's own business.
        assert "shop" in json.dumps(run.input("step"))
        assert self.SECRET not in "".join(capfd.readouterr())

    def test_nor_in_an_error(self, server: Loopback) -> None:
        url = f"/status/400?body={self.SECRET}"
        run = run_of("http.request", {"url": url, "connection_id": "shop"})
        with pytest.raises(StepError) as caught:
            run.execute("step", max_tries=3)
        assert self.SECRET not in str(caught.value)
        assert self.SECRET not in json.dumps(run.error("step"))

    def test_a_file_goes_through(self, server: Loopback) -> None:
        file = file_to_json(File("a.bin", "application/x", b"\x00\xff"))
        fetched = execute({"url": f"{server.url}/body/b.png?type=image/png&hex=00ff"})["body"]
        assert fetched == file_to_json(File("b.png", "image/png", b"\x00\xff"))
        files = [{"name": "f", "file": "{{ trigger.body.file }}"}]
        parameters = {"url": server.url, "method": "POST", "body_type": "multipart", "files": files}
        execute(parameters, body={"file": file})
        assert 'filename="a.bin"' in server.requests[-1]["body"]
        assert "\x00\xff" in server.requests[-1]["body"]


class TestKilledWorker:
    def step(self, shop: Shop, **parameters: Any) -> KilledStep:
        graph = graph_of(
            "http.request",
            {
                "url": f"{shop.url}/orders",
                "method": "POST",
                "body_type": "json",
                "body": {"n": 1},
                **parameters,
            },
        )
        return KilledStep(graph, "step")

    def test_before_the_request(self, shop: Shop) -> None:
        step = self.step(shop)
        step.kill(at="before")
        assert shop.posts == {}
        assert step.finish().output["body"] == {"number": 1, "received": {"n": 1}}

    def test_while_the_service_works(self, server: Loopback) -> None:
        graph = graph_of("http.request", {"url": f"{server.url}/slow", "method": "POST"})
        step = KilledStep(graph, "step")
        step.kill(at="during", when=lambda: server.requests)
        step.kill(at="during", when=lambda: len(server.requests) == 2, try_number=2)
        first, second = keys(server)
        assert first == second

    def test_after_the_answer(self, shop: Shop) -> None:
        step = self.step(shop)
        step.kill(at="after")
        assert shop.posts == {"/orders": [{"n": 1}]}
        # The service knows the key: it answers as before and makes no second order.
        assert step.finish().output["body"] == {"number": 1, "received": {"n": 1}}
        assert shop.posts == {"/orders": [{"n": 1}]}

    def test_after_the_answer_of_a_service_without_keys(self, shop: Shop) -> None:
        step = self.step(shop, idempotency=False)
        step.kill(at="after")
        assert step.finish().output["body"]["number"] == 2
