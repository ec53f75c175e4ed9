from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/cron/preview"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_other_media_types_are_refused(admin: AsgiClient, content_type: str) -> None:
    response = admin.post(URL, content='{"expression": "@daily"}', headers={"Content-Type": content_type})
    assert response.status_code == 415
    assert response.json()["code"] == "unsupported-media-type"


def test_body_without_declared_type_is_refused(admin: AsgiClient) -> None:
    assert admin.post(URL, content='{"expression": "@daily"}').status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"expression": NaN}',
        b'{"expression": -Infinity}',
        b'{"expression": "\\ud800"}',
        b'{"expression": "a\\u0000b"}',
        b'"\xff"',
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_kept_is_refused(admin: AsgiClient, body: bytes) -> None:
    response = admin.post(URL, content=body, headers=JSON)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] in {"invalid-json", "invalid-payload"}


def test_unknown_fields_are_named(admin: AsgiClient) -> None:
    response = admin.post(URL, json={"expression": "@daily", "timezon": "UTC"})
    assert response.status_code == 422
    assert [issue["field"] for issue in response.json()["issues"]] == ["timezon"]
    assert response.json()["issues"][0]["code"] == "unknown-field"


def test_json_suffix_and_parameters_are_accepted(admin: AsgiClient) -> None:
    headers = {"Content-Type": "application/vnd.api+json; charset=utf-8"}
    assert admin.post(URL, content=b'{"expression": "@daily"}', headers=headers).status_code == 200
