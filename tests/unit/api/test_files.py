"""Files of deliveries: who may have them, and as what."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from flowforge_provider.bundles.tokens import sign_file_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.asgi import AsgiClient

    MakeClient = Callable[[str | None], AsgiClient]

FILE_ID = "ab" * 16
URL = f"/flowforge/api/files/{FILE_ID}"


@pytest.fixture
def stored(database: None) -> None:
    from airflow.utils.session import create_session

    from flowforge_provider.store.tables import FileRow

    with create_session() as session:
        session.add(
            FileRow(
                id=FILE_ID,
                workflow_id="orders",
                delivery_id="d" * 32,
                filename="Счёт; x=1.html",
                content_type="text/html",
                size=9,
                content=b"<script>\x00",
                created_at=datetime.now(tz=timezone.utc),
            )
        )


def test_people_who_may_see_the_workflow_download_it(stored: None, client: MakeClient) -> None:
    answer = client("viewer").get(URL)
    assert answer.status_code == 200
    assert answer.content == b"<script>\x00"
    # It never runs as a page of Airflow's.
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%D0%A1")
    assert ";" not in answer.headers["content-disposition"].partition("''")[2]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert client(None).get(URL).status_code == 401


def test_who_may_not_see_the_workflow_gets_none(
    stored: None, client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flowforge_provider.api import security

    real = security.is_allowed
    monkeypatch.setattr(
        security,
        "is_allowed",
        lambda **given: given.get("workflow_id") != "orders" and real(**given),
    )
    answer = client("viewer").get(URL)
    assert answer.status_code == 403
    assert answer.json()["code"] == "forbidden"


def test_workers_have_tokens_of_their_own(stored: None, client: MakeClient) -> None:
    worker = client(None)

    def ask(file_id: str, token: str) -> int:
        url = f"/flowforge/api/files/{file_id}/content"
        return worker.get(url, headers={"Authorization": f"Bearer {token}"}).status_code

    answer = worker.get(f"{URL}/content", headers={"Authorization": f"Bearer {sign_file_token(FILE_ID)}"})
    assert answer.content == b"<script>\x00"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert ask(FILE_ID, sign_file_token("cd" * 16)) == 401
    assert ask(FILE_ID, "nonsense") == 401
    assert worker.get(f"{URL}/content").status_code == 401
    assert ask("cd" * 16, sign_file_token("cd" * 16)) == 404
    # A person's token is none for workers, and the other way round.
    assert client("admin").get(f"{URL}/content").status_code == 401
    assert worker.get(URL, headers={"Authorization": f"Bearer {sign_file_token(FILE_ID)}"}).status_code == 401
