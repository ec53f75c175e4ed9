"""The bundle with a version: one workflow's file as it was then, fetched from the real route."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from airflow.sdk.definitions.context import (
    _AIRFLOW_PARSING_CONTEXT_DAG_ID,
    _AIRFLOW_PARSING_CONTEXT_TASK_ID,
)
from fastapi import FastAPI

from flowforge_provider import publishing
from flowforge_provider.api.errors import add_error_handlers
from flowforge_provider.api.routes.bundle import router
from flowforge_provider.bundles import pinned
from flowforge_provider.bundles.flowforge import FlowForgeDagBundle
from flowforge_provider.bundles.paths import relative_path
from flowforge_provider.bundles.pinned import BundleFetchError
from flowforge_provider.dev.ports import find_free_port
from tests.support.publishing import create_workflow, graph_with, read_source, save_draft

if TYPE_CHECKING:
    from collections.abc import Iterator

# What differs between databases is tested with publishing; here SQLite, the faster one, is enough.
pytestmark = [
    pytest.mark.integration,
    pytest.mark.usefixtures("metadata"),
    pytest.mark.parametrize("metadata_url", ["sqlite"], indirect=True),
]


class Api:
    """FlowForge's api with its bundle route on a port of its own."""

    def __init__(self) -> None:
        self.port = find_free_port()
        self.requests: list[str] = []
        # Statuses to answer with before the route gets a request again.
        self.failures: list[int] = []
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/flowforge"

    def start(self) -> None:
        app = FastAPI()
        add_error_handlers(app)
        app.include_router(router, prefix="/flowforge/api")

        @app.middleware("http")
        async def record(request: Any, call_next: Any) -> Any:
            from fastapi.responses import PlainTextResponse

            self.requests.append(request.url.path)
            if self.failures:
                return PlainTextResponse("not now", status_code=self.failures.pop(0))
            return await call_next(request)

        self._server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join()


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    value = Api()
    value.start()
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__BUNDLE_API_URL", value.url)
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__BUNDLE_FETCH_TIMEOUT_S", "3")
    # This process is no server of Airflow's, as far as the bundle can see: it has to ask.
    monkeypatch.delenv("_AIRFLOW_PROCESS_CONTEXT", raising=False)
    yield value
    value.stop()


def open_bundle(version: int | None, workflow_id: str | None) -> FlowForgeDagBundle:
    """Open the bundle as a task of a workflow does, or as somebody who names none."""
    bundle = FlowForgeDagBundle(name="flowforge", version=None if version is None else str(version))
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(_AIRFLOW_PARSING_CONTEXT_DAG_ID, raising=False)
        patch.delenv(_AIRFLOW_PARSING_CONTEXT_TASK_ID, raising=False)
        if workflow_id is not None:
            patch.setenv(_AIRFLOW_PARSING_CONTEXT_DAG_ID, workflow_id)
            patch.setenv(_AIRFLOW_PARSING_CONTEXT_TASK_ID, "start")
        bundle.initialize()
    return bundle


def read_file(bundle: FlowForgeDagBundle, workflow_id: str) -> str:
    return (bundle.path / relative_path(workflow_id)).read_text(encoding="utf-8")


def publish_new(name: str = "Orders") -> tuple[str, int]:
    workflow_id = create_workflow(name)
    return workflow_id, publishing.publish(workflow_id=workflow_id, user="ann").seq


def test_gives_each_version_its_own_file(api: Api) -> None:
    workflow_id, old = publish_new()
    old_source = read_source(workflow_id)
    save_draft(workflow_id, graph_with("новый 🙂"))
    new = publishing.publish(workflow_id=workflow_id, user="ann").seq

    assert read_file(open_bundle(old, workflow_id), workflow_id) == old_source
    assert read_file(open_bundle(new, workflow_id), workflow_id) == read_source(workflow_id) != old_source


def test_a_version_of_another_workflow_gives_the_newest_before_it(api: Api) -> None:
    workflow_id, _ = publish_new("First")
    _, later = publish_new("Second")

    assert read_file(open_bundle(later, workflow_id), workflow_id) == read_source(workflow_id)


def test_fetches_the_one_workflow_once(api: Api) -> None:
    workflow_id, seq = publish_new("First")
    publish_new("Second")

    bundle = open_bundle(seq, workflow_id)
    open_bundle(seq, workflow_id)

    assert api.requests == [f"/flowforge/api/bundle/{seq}/{workflow_id}"]
    assert [path.name for path in bundle.path.rglob("*.py")] == [f"{workflow_id}.py"]
    assert bundle.get_current_version().version == str(seq)


def test_works_from_the_disk_when_the_api_is_gone(api: Api) -> None:
    workflow_id, seq = publish_new()
    open_bundle(seq, workflow_id)
    api.stop()

    assert read_file(open_bundle(seq, workflow_id), workflow_id) == read_source(workflow_id)


def test_still_serves_what_is_unpublished_or_deleted(api: Api) -> None:
    workflow_id, seq = publish_new()
    source = read_source(workflow_id)
    publishing.delete_workflow(workflow_id=workflow_id, force=True, user="ann")

    assert read_file(open_bundle(seq + 1, workflow_id), workflow_id) == source


def test_without_a_workflow_in_sight_gets_all_that_were_live(api: Api) -> None:
    first, _ = publish_new("First")
    gone, _ = publish_new("Gone")
    publishing.unpublish(workflow_id=gone, user="ann")
    second, seq = publish_new("Second")
    publish_new("Later")

    bundle = open_bundle(seq, None)

    assert {path.stem for path in bundle.path.rglob("*.py")} == {first, second}


def test_a_task_of_an_unpinned_run_gets_the_live_file(api: Api) -> None:
    """Airflow's own ``airflow dags test`` leaves Dags without a version behind, for a while."""
    workflow_id, _ = publish_new()

    bundle = open_bundle(None, workflow_id)
    assert read_file(bundle, workflow_id) == read_source(workflow_id)
    save_draft(workflow_id, graph_with("changed"))
    publishing.publish(workflow_id=workflow_id, user="ann")

    assert read_file(open_bundle(None, workflow_id), workflow_id) == read_source(workflow_id)


def test_tries_again_when_the_api_is_busy_or_restarting(api: Api) -> None:
    workflow_id, seq = publish_new()
    api.failures = [503, 502]

    assert read_file(open_bundle(seq, workflow_id), workflow_id) == read_source(workflow_id)
    assert len(api.requests) == 3


def test_waits_for_an_api_that_is_not_up_yet(api: Api) -> None:
    workflow_id, seq = publish_new()
    api.stop()
    starting = threading.Timer(0.8, api.start)
    starting.start()

    assert read_file(open_bundle(seq, workflow_id), workflow_id) == read_source(workflow_id)
    starting.join()


def test_says_which_address_did_not_answer(api: Api) -> None:
    api.stop()

    with pytest.raises(BundleFetchError, match=rf"{api.port}/flowforge/api/bundle/7/orders failed") as caught:
        open_bundle(7, "orders")

    assert caught.value.error_code == "bundle-unreachable"


def test_says_what_was_never_published(api: Api) -> None:
    with pytest.raises(BundleFetchError, match=r"never published up to version 7") as caught:
        open_bundle(7, "orders")

    assert caught.value.error_code == "bundle-refused"
    assert len(api.requests) == 1


def test_says_that_another_server_answered(api: Api) -> None:
    api.failures = [404]

    with pytest.raises(BundleFetchError, match="not from FlowForge's api"):
        open_bundle(7, "orders")


def test_refuses_a_page_instead_of_a_file(api: Api) -> None:
    api.failures = [200]

    with pytest.raises(BundleFetchError, match="something else than a Dag file") as caught:
        open_bundle(7, "orders")

    assert caught.value.error_code == "bundle-answer"


def test_another_secret_is_refused_with_what_to_set(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    workflow_id, seq = publish_new()
    from flowforge_provider.bundles import tokens

    real_key = tokens.signing_key()
    with monkeypatch.context() as patch:
        patch.setattr(pinned, "sign_token", lambda **_: _foreign_token(workflow_id, seq, real_key))
        with pytest.raises(BundleFetchError, match="signed with another secret"):
            open_bundle(seq, workflow_id)


def _foreign_token(workflow_id: str, seq: int, real_key: bytes) -> str:
    import jwt

    now = int(time.time())
    claims = {"aud": "flowforge-bundle", "sub": workflow_id, "version": str(seq), "iat": now, "exp": now + 60}
    return jwt.encode(claims, real_key[::-1], algorithm="HS256")


def test_a_server_process_reads_the_database(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    workflow_id, seq = publish_new()
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")

    assert read_file(open_bundle(seq, workflow_id), workflow_id) == read_source(workflow_id)
    assert api.requests == []


def test_a_server_process_gets_all_files_of_a_version_from_the_database(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = publish_new("First")
    second, seq = publish_new("Second")
    publish_new("Later")
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")

    bundle = open_bundle(seq, None)

    assert {path.stem for path in bundle.path.rglob("*.py")} == {first, second}
    assert api.requests == []


def test_the_files_of_another_airflow_are_not_taken(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    workflow_id, seq = publish_new()
    bundle = open_bundle(seq, workflow_id)
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__BUNDLE_SECRET", "the secret of another installation")

    assert FlowForgeDagBundle(name="flowforge", version=str(seq)).path != bundle.path


def test_airflow_can_clean_up_old_versions(api: Api) -> None:
    from airflow.dag_processing.bundles.base import get_bundle_version_path

    workflow_id, seq = publish_new()
    bundle = open_bundle(seq, workflow_id)

    assert get_bundle_version_path("flowforge", str(seq)) in bundle.path.parents
