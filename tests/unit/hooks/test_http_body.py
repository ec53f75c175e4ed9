"""Bodies of HTTP requests: each kind, byte for byte or as the standard library reads them."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from typing import Any, cast

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.files import File, file_to_json
from flowforge_provider.hooks.http_body import Body, encode_body, join_values
from flowforge_provider.nodes.builtin.http_parameters import HttpParameters
from flowforge_provider.nodes.builtin.http_parts import Header

REPORT = file_to_json(File("отчёт.csv", "text/csv; charset=utf-8", b"a,b\r\n1,2\r\n"))
LOGO = file_to_json(File("logo.png", "image/png", b"\x89PNG\r\n\xff\x00"))


def body(**parameters: Any) -> Body:
    made = HttpParameters.model_validate({"url": "https://a", **parameters}, context={"rendered": True})
    return encode_body(made)


def pairs(**values: Any) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def parts_of(sent: Body) -> list[tuple[str, str | None, str | None, bytes]]:
    """Return name, file name, type and content of each part, read by Python's email package."""
    head = f"Content-Type: {sent.content_type}\r\n\r\n".encode()
    message = message_from_bytes(head + (sent.content or b""), policy=policy.HTTP)
    found = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        kind = str(part["content-type"]).replace('"', "") if part["content-type"] else None
        found.append((str(name), part.get_filename(), kind, part.get_payload(decode=True)))
    return cast("list[tuple[str, str | None, str | None, bytes]]", found)


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        ({"body_type": "none", "body": {"a": 1}}, Body(None, None)),
        ({"body_type": "json", "body": {"n": "Ёж", "l": [1.5, None]}}, None),
        ({"body_type": "json"}, Body(b"null", "application/json")),
        (
            {"body_type": "form", "form": pairs(a="1 2&ä", b=[True, "x"], c=None, d={"e": 1})},
            Body(
                b"a=1+2%26%C3%A4&b=true&b=x&c=null&d=%7B%22e%22%3A+1%7D", "application/x-www-form-urlencoded"
            ),
        ),
        ({"body_type": "form"}, Body(b"", "application/x-www-form-urlencoded")),
        ({"body_type": "text", "text": "plain ä"}, Body("plain ä".encode(), "text/plain; charset=utf-8")),
        (
            {"body_type": "text", "text": "<a/>", "content_type": "application/xml"},
            Body(b"<a/>", "application/xml"),
        ),
        ({"body_type": "file", "file": LOGO}, Body(b"\x89PNG\r\n\xff\x00", "image/png")),
        (
            {"body_type": "file", "file": LOGO, "content_type": "application/x"},
            Body(b"\x89PNG\r\n\xff\x00", "application/x"),
        ),
    ],
)
def test_bodies(parameters: dict[str, Any], sent: Body | None) -> None:
    made = body(**parameters)
    if sent is None:
        assert made.content_type == "application/json"
        assert json.loads(made.content or b"") == parameters["body"]
        return
    assert made == sent


def test_a_multipart_form_holds_fields_and_files() -> None:
    sent = body(
        body_type="multipart",
        form=pairs(title="Ёж", tag=["a", "b"], count=2),
        files=[{"name": "report", "file": REPORT}, {"file": [LOGO, REPORT]}],
    )
    assert (sent.content_type or "").startswith("multipart/form-data; boundary=")
    assert parts_of(sent) == [
        ("title", None, None, "Ёж".encode()),
        ("tag", None, None, b"a"),
        ("tag", None, None, b"b"),
        ("count", None, None, b"2"),
        ("report", "отчёт.csv", "text/csv; charset=utf-8", b"a,b\r\n1,2\r\n"),
        ("file", "logo.png", "image/png", b"\x89PNG\r\n\xff\x00"),
        ("file", "отчёт.csv", "text/csv; charset=utf-8", b"a,b\r\n1,2\r\n"),
    ]


def test_a_file_can_be_given_another_name() -> None:
    sent = body(body_type="multipart", files=[{"file": LOGO, "filename": 'new "name".png'}])
    assert parts_of(sent)[0][1] in ('new "name".png', "new %22name%22.png")


def test_a_name_cannot_add_headers_or_parts() -> None:
    nasty = 'a"\r\nX-Evil: 1\r\n\r\nbody'
    sent = body(
        body_type="multipart",
        form=pairs(**{nasty: "x"}),
        files=[{"name": nasty, "file": LOGO, "filename": nasty}],
    )
    assert b"\r\nX-Evil" not in (sent.content or b"")
    assert len(parts_of(sent)) == 2


def test_another_try_sends_the_same_bytes() -> None:
    form = {"body_type": "multipart", "form": pairs(a="1"), "files": [{"file": LOGO}]}
    assert body(**form) == body(**form)
    assert body(**form) != body(**{**form, "form": pairs(a="2")})


@pytest.mark.parametrize(
    ("parameters", "where"),
    [
        ({"body_type": "file", "file": "text"}, "file is not a file"),
        ({"body_type": "file", "file": {"base64": "###"}}, "damaged"),
        ({"body_type": "multipart", "files": [{"file": 7}]}, "files.0.file is not a file"),
        ({"body_type": "multipart", "files": [{"file": [LOGO, 7]}]}, "files.0.file.1 is not a file"),
    ],
)
def test_what_is_no_file(parameters: dict[str, Any], where: str) -> None:
    with pytest.raises(StepError, match=where) as caught:
        body(**parameters)
    assert (caught.value.error_code, caught.value.retryable) == ("not-a-file", False)


def test_what_is_no_json() -> None:
    with pytest.raises(StepError, match="cannot be written as JSON"):
        body(body_type="json", body=float("nan"))


def test_headers_of_one_name_are_joined() -> None:
    headers = [Header(name="X-A", value="1"), Header(name="x-a", value="2"), Header(name="B", value="3")]
    assert join_values(headers) == {"X-A": "1, 2", "B": "3"}
