"""Other sites' pages may not make a signed-in user's browser change anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.routes import assert_problem, walk_operations

if TYPE_CHECKING:
    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/workflows"
ELSEWHERE = {"Origin": "https://elsewhere.example"}


@pytest.mark.parametrize(
    "headers",
    [
        ELSEWHERE,
        {**ELSEWHERE, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://testserver:9000"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://["},
    ],
)
def test_other_sites_are_refused(admin: AsgiClient, headers: dict[str, str]) -> None:
    refused = admin.post(URL, json={"name": "Orders"}, headers=headers)
    assert_problem(refused, status=403)
    assert refused.json()["code"] == "cross-origin"
    assert admin.get(URL).json()["total_entries"] == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://testserver"},
        # A proxy that ends TLS.
        {"Origin": "https://testserver"},
        {"Origin": "https://testserver", "Host": "testserver:443"},
        {"Origin": "https://airflow.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        # A proxy that gives another Host.
        {"Origin": "http://airflow.example", "X-Forwarded-Host": "airflow.example"},
    ],
)
def test_airflows_own_pages_and_programs_pass(admin: AsgiClient, headers: dict[str, str]) -> None:
    assert admin.post(URL, json={"name": "Orders"}, headers=headers).status_code == 201


def test_the_configured_address_and_allowed_sites_pass(
    admin: AsgiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example/team")
    monkeypatch.setenv("AIRFLOW__API__ACCESS_CONTROL_ALLOW_ORIGINS", "https://a.example, https://b.example")
    for headers in (
        {"Origin": "https://airflow.example"},
        {"Origin": "https://b.example", "Sec-Fetch-Site": "cross-site"},
    ):
        assert admin.post(URL, json={"name": "Orders"}, headers=headers).status_code == 201
    assert admin.post(URL, json={"name": "Orders"}, headers=ELSEWHERE).status_code == 403


def test_every_route_that_changes_something_looks(admin: AsgiClient) -> None:
    count = 0
    for operation in walk_operations(admin.get("/flowforge/openapi.json", headers=ELSEWHERE).json()):
        answer = operation.send(admin, headers=ELSEWHERE)
        if operation.method == "GET" or operation.permission == "public":
            assert answer.status_code != 403, operation
        else:
            assert answer.json()["code"] == "cross-origin", operation
            count += 1
    assert count > 10
