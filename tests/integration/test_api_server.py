"""The API in a real api-server, under SimpleAuthManager."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.factories import make_document
from tests.support.airflow import AirflowInstance, running_airflow
from tests.support.routes import assert_problem, check_access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowforge_provider.dev.guard import Guard
    from tests.support.databases import MigratedSqlite

pytestmark = pytest.mark.integration

API = "/flowforge/api"


@pytest.fixture
def viewer(airflow_api: AirflowInstance) -> Iterator[httpx.Client]:
    with airflow_api.client("viewer") as client:
        yield client


def test_every_route_is_closed_to_strangers_and_writes_to_viewers(
    airflow_api: AirflowInstance, viewer: httpx.Client
) -> None:
    with airflow_api.client() as anonymous:
        document = anonymous.get("/flowforge/openapi.json").json()
        assert check_access(anonymous=anonymous, viewer=viewer, document=document) > 20


def test_broken_tokens_are_answered_like_none(airflow_api: AirflowInstance) -> None:
    with airflow_api.client() as client:
        for headers in ({"Authorization": "Bearer nonsense"}, {"Cookie": "_token=nonsense"}):
            assert_problem(client.get(f"{API}/workflows", headers=headers), status=401)


def test_a_cookie_signs_in_too(airflow_api: AirflowInstance) -> None:
    with airflow_api.client() as client:
        cookie = {"Cookie": f"_token={airflow_api.token('viewer')}"}
        session = client.get(f"{API}/session", headers=cookie)
        assert session.json()["user"]["name"] == "viewer"
        assert session.json()["airflow_base_url"] == airflow_api.url


def test_a_workflow_from_creation_to_runnable(airflow_api: AirflowInstance) -> None:
    with airflow_api.client("user") as client:
        made = client.post(f"{API}/workflows", json={"name": "From the API", "graph": make_document()})
        assert made.status_code == 201, made.text
        url = made.headers["location"]
        published = client.post(f"{url}/publish", json={"message": "First"})
        assert published.json()["state"] == "runnable", published.text
        dag = client.get(f"/api/v2/dags/{made.json()['id']}")
        assert dag.json()["is_paused"] is False
        assert client.get(url).json()["runnable"] is True


def test_airflow_offers_the_page_and_the_tab(airflow_api: AirflowInstance) -> None:
    with airflow_api.client("admin") as client:
        plugins = client.get("/api/v2/plugins").json()["plugins"]
        entry = next(plugin for plugin in plugins if plugin["name"] == "flowforge")
        assert {(app["destination"], app["url_route"]) for app in entry["react_apps"]} == {
            ("nav", "flowforge"),
            ("dag", "flowforge-edit"),
        }
        assert client.get("/api/v2/plugins/importErrors").json()["total_entries"] == 0
        bundle = client.get("/" + entry["react_apps"][0]["bundle_url"])
        if "?v=" in entry["react_apps"][0]["bundle_url"]:
            assert "immutable" in bundle.headers["cache-control"]
        else:
            assert_problem(bundle, status=404)


def test_addresses_under_a_sub_path(migrated_sqlite: MigratedSqlite, tmp_path: Path, guard: Guard) -> None:
    instance = AirflowInstance(
        home=tmp_path, auth="users", database_url=migrated_sqlite.copy(tmp_path), guard=guard
    )
    base_url = f"{instance.url}/airflow"
    instance.environment["AIRFLOW__API__BASE_URL"] = base_url
    # Airflow's own answers to browsers, which are not to stand before those of a webhook.
    for name, value in (("ORIGINS", "https://console.example.com"), ("METHODS", "POST"), ("HEADERS", "x-a")):
        instance.environment[f"AIRFLOW__API__ACCESS_CONTROL_ALLOW_{name}"] = value
    with (
        running_airflow(("api-server",), instance=instance, migrate=False),
        httpx.Client(base_url=base_url, timeout=30) as client,
    ):
        answer = client.post("/auth/token", json={"username": "user", "password": "user-password"})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        made = client.post(f"{API}/workflows", json={"name": "Orders", "graph": make_document()})
        assert made.headers["location"] == "/airflow/flowforge/api/workflows/orders"
        session = client.get(f"{API}/session").json()
        assert session["webhook_base_url"] == f"{base_url}/flowforge/api/webhooks"
        servers = client.get("/flowforge/openapi.json").json()["servers"]
        assert servers == [{"url": "/airflow/flowforge"}]
        _check_that_webhooks_answer_browsers_themselves(client)


def _check_that_webhooks_answer_browsers_themselves(client: httpx.Client) -> None:
    parameters = {"authentication": "none", "allowed_origins": ["https://shop.example.com"]}
    graph = make_document(nodes=[{"id": "hook", "type": "webhook", "parameters": parameters}], edges=[])
    made = client.post(f"{API}/workflows", json={"name": "Shop", "graph": graph})
    assert made.status_code == 201, made.text
    published = client.post(f"{API}/workflows/shop/publish", json={"message": "First"})
    assert published.json()["state"] == "runnable", published.text
    listening = client.post(f"{API}/workflows/shop/triggers/hook/listen", json={})
    assert listening.status_code == 200, listening.text

    def ask(path: str, site: str) -> httpx.Response:
        headers = {"Origin": f"https://{site}.example.com", "Access-Control-Request-Method": "POST"}
        return client.options(f"{API}/{path}", headers=headers)

    assert ask("workflows", "console").headers["access-control-allow-credentials"] == "true"
    for path in ("webhooks/shop", "webhooks-test/shop"):
        shop, console = ask(path, "shop"), ask(path, "console")
        assert (shop.status_code, console.status_code) == (204, 204)
        assert shop.headers["access-control-allow-origin"] == "https://shop.example.com"
        assert "access-control-allow-origin" not in console.headers
        for site in ("shop", "console"):
            answer = client.post(f"{API}/{path}", json={}, headers={"Origin": f"https://{site}.example.com"})
            assert answer.is_success or path.endswith("test/shop")
            assert ("access-control-allow-origin" in answer.headers) == (site == "shop")
            assert "access-control-allow-credentials" not in answer.headers
