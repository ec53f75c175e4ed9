"""Which components of a starting Airflow are still to be waited for."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.dev.health import find_waiting, read_health

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")


def report(*, beat: datetime, status: str = "healthy") -> dict[str, Any]:
    names = ("scheduler", "dag_processor", "triggerer")
    return {
        "metadatabase": {"status": "healthy"},
        **{name: {"status": status, f"latest_{name}_heartbeat": beat.isoformat()} for name in names},
    }


class ApiServer(HTTPServer):
    """Answers the two health routes with the status that each is given."""

    def __init__(self) -> None:
        self.statuses = {"/api/v2/monitor/health": 200, "/execution/health": 200}
        super().__init__(("127.0.0.1", 0), HealthRoutes)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class HealthRoutes(BaseHTTPRequestHandler):
    server: ApiServer

    def do_GET(self) -> None:
        self.send_response(self.server.statuses[self.path])
        self.end_headers()
        self.wfile.write(b'{"scheduler": {}}')

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def api_server() -> Iterator[ApiServer]:
    with ApiServer() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_health_is_read_when_people_and_workers_are_served(api_server: ApiServer) -> None:
    assert read_health(api_server.url) == {"scheduler": {}}


@pytest.mark.parametrize("route", ["/api/v2/monitor/health", "/execution/health"])
def test_no_health_while_one_of_both_is_not_served(api_server: ApiServer, route: str) -> None:
    api_server.statuses[route] = 503
    assert read_health(api_server.url) is None


def test_a_server_under_a_path_of_its_own_is_healthy_too(api_server: ApiServer) -> None:
    api_server.statuses["/execution/health"] = 404
    assert read_health(api_server.url) == {"scheduler": {}}


def test_everything_is_waited_for_while_nothing_answers() -> None:
    assert find_waiting(None, components=COMPONENTS, since=START) == list(COMPONENTS)


def test_heartbeat_of_an_earlier_start_does_not_count() -> None:
    old = report(beat=START - timedelta(seconds=3))
    assert find_waiting(old, components=COMPONENTS, since=START) == list(COMPONENTS[1:])


def test_nothing_is_waited_for_when_all_have_reported() -> None:
    assert find_waiting(report(beat=START), components=COMPONENTS, since=START) == []


def test_unhealthy_component_is_waited_for() -> None:
    health = report(beat=START + timedelta(seconds=1))
    health["triggerer"]["status"] = "unhealthy"
    assert find_waiting(health, components=COMPONENTS, since=START) == ["triggerer"]


def test_component_that_never_reported_is_waited_for() -> None:
    health = report(beat=START)
    health["dag_processor"] = {"status": None, "latest_dag_processor_heartbeat": None}
    assert find_waiting(health, components=COMPONENTS, since=START) == ["dag-processor"]
