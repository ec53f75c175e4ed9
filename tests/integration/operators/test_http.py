"""HTTP steps against a real server."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.http import HttpClient
from flowforge_provider.hooks.http_connection import open_access
from flowforge_provider.nodes.builtin.http import HttpParameters
from tests.integration.operators.loopback import (
    Loopback,
    free_port,
    make_certificate,
    running_loopback,
    wait_until,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def module_server() -> Iterator[Loopback]:
    with running_loopback() as running:
        yield running


@pytest.fixture
def server(module_server: Loopback) -> Loopback:
    module_server.requests.clear()
    return module_server


def client(connection_id: str | None = None, **options: Any) -> HttpClient:
    return HttpClient(access=open_access(connection_id or ""), **{"max_response_bytes": 100_000, **options})


def send(url: str, *, connection_id: str | None = None, **parameters: Any) -> dict[str, Any]:
    made = HttpParameters.model_validate({"url": url, **parameters}, context={"rendered": True})
    return client(connection_id).send(made)


def error_of(url: str, *, connection_id: str | None = None, **parameters: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        send(url, connection_id=connection_id, **parameters)
    return caught.value


@pytest.fixture
def connection(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> str:
    parts = urlsplit(server.url)
    secret = {
        "conn_type": "http",
        "host": parts.hostname,
        "port": parts.port,
        "login": "ann",
        "password": "s3cret",
        "extra": {"X-Api-Key": "key-of-the-connection"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", json.dumps(secret))
    return "shop"


def test_sends_what_the_parameters_say(server: Loopback) -> None:
    answer = send(
        f"{server.url}/orders?a=1",
        method="PUT",
        query=[{"name": "b", "value": "ä &"}, {"name": "b", "value": "2"}],
        headers=[{"name": "X-One", "value": "1"}, {"name": "x-one", "value": "2"}],
        body_type="json",
        body={"name": "Ёж", "n": [1.5, None]},
    )
    seen = server.requests[0]
    assert (seen["method"], seen["path"], seen["query"]) == ("PUT", "/orders", "a=1&b=%C3%A4+%26&b=2")
    assert seen["headers"]["x-one"] == "1, 2"
    assert seen["headers"]["content-type"] == "application/json"
    assert json.loads(seen["body"].encode("latin-1")) == {"name": "Ёж", "n": [1.5, None]}
    assert answer["status"] == 200
    assert answer["body"]["path"] == "/orders"
    assert answer["headers"]["content-type"] == "application/json"
    assert answer["url"].startswith(f"{server.url}/orders?a=1&b=")
    assert answer["elapsed_ms"] >= 0


def test_a_content_type_of_the_user_wins(server: Loopback) -> None:
    headers = [{"name": "content-type", "value": "application/ld+json"}]
    send(server.url, method="POST", body_type="json", body={}, headers=headers)
    assert server.requests[0]["headers"]["content-type"] == "application/ld+json"


@pytest.mark.parametrize(
    ("status", "rules", "is_success"),
    [
        (201, ["2xx"], True),
        (404, ["2xx"], False),
        (404, ["2xx", "404"], True),
        (250, ["200-249"], False),
        (249, ["200-249"], True),
        (304, ["3xx"], True),
    ],
)
def test_success_statuses(server: Loopback, status: int, rules: list[str], is_success: bool) -> None:
    url = f"{server.url}/status/{status}"
    if is_success:
        assert send(url, success_statuses=rules)["status"] == status
        return
    error = error_of(url, success_statuses=rules)
    assert error.error_code == "http-status"
    assert error.detail["status"] == status
    assert error.detail["body"] == {"told": "so"}
    assert error.retryable


def test_a_long_body_is_shortened_in_the_error(server: Loopback) -> None:
    error = error_of(f"{server.url}/status/500?body={'x' * 7000}")
    assert error.detail["body"] == "x" * 4000 + "…"


def test_nobody_listens() -> None:
    port = free_port()
    error = error_of(f"http://127.0.0.1:{port}/")
    assert error.error_code == "http-connection"
    assert f"No connection to 127.0.0.1:{port}" in error.message
    assert "refused" in error.message
    assert error.retryable


def test_a_host_that_does_not_exist() -> None:
    assert error_of("http://no-such-host.invalid/").error_code == "http-connection"


@pytest.mark.parametrize("path", ["slow", "drip"])
def test_a_server_that_is_too_slow(server: Loopback, path: str) -> None:
    error = error_of(f"{server.url}/{path}", read_timeout_s=0.3)
    assert error.error_code == "http-timeout"
    assert "sent nothing within 0.3 s" in error.message


def test_an_answer_that_ends_in_the_middle(server: Loopback) -> None:
    assert error_of(f"{server.url}/cut").error_code in ("http-connection", "http-failed")


@pytest.mark.parametrize("path", ["big?bytes=200000", "bomb"])
def test_an_answer_that_is_too_large(server: Loopback, path: str) -> None:
    error = error_of(f"{server.url}/{path}")
    assert error.error_code == "http-response-too-large"
    assert not error.retryable


@pytest.mark.parametrize("url", ["ftp://example.com", "no address", "http://", "http://[::1", "https://a b/"])
def test_what_is_no_address(url: str) -> None:
    error = error_of(url)
    assert error.error_code == "http-address"
    assert not error.retryable


def test_a_header_that_cannot_be_sent(server: Loopback) -> None:
    error = error_of(server.url, headers=[{"name": "X-Name", "value": "Ёж"}])
    assert error.error_code == "http-header"


def test_redirects_are_followed(server: Loopback) -> None:
    answer = send(f"{server.url}/redirect/302?to=/end", method="POST", body_type="text", text="x")
    assert [request["method"] for request in server.requests] == ["POST", "GET"]
    assert server.requests[1]["body"] == ""
    assert answer["url"] == f"{server.url}/end"


def test_a_redirect_may_keep_method_and_body(server: Loopback) -> None:
    send(f"{server.url}/redirect/307?to=/end", method="POST", body_type="text", text="x")
    assert [(request["method"], request["body"]) for request in server.requests] == [("POST", "x")] * 2


def test_a_redirect_may_set_a_cookie_for_its_own_host(server: Loopback) -> None:
    send(f"{server.url}/redirect/302?to=/end&cookie=sid%3D1%3BPath%3D/")
    assert server.requests[1]["headers"]["cookie"] == "sid=1"
    with running_loopback("127.0.0.2") as other:
        send(f"{server.url}/redirect/302?to={quote(other.url)}&cookie=sid%3D1%3BPath%3D/")
        assert "cookie" not in other.requests[0]["headers"]


def test_a_cookie_of_the_user_stays_on_its_host(server: Loopback) -> None:
    headers = [{"name": "Cookie", "value": "mine=1"}]
    send(f"{server.url}/redirect/302?to=/end", headers=headers)
    assert server.requests[1]["headers"]["cookie"] == "mine=1"
    with running_loopback("127.0.0.2") as other:
        send(f"{server.url}/redirect/302?to={quote(other.url)}", headers=headers)
        assert "cookie" not in other.requests[0]["headers"]


def test_redirects_can_be_left_alone(server: Loopback) -> None:
    answer = send(f"{server.url}/redirect/302?to=/end", follow_redirects=False, success_statuses=["302"])
    assert answer["headers"]["location"] == "/end"


def test_redirects_for_ever_end(server: Loopback) -> None:
    assert error_of(f"{server.url}/loop").error_code == "http-redirects"


def test_a_connection_gives_address_credentials_and_headers(server: Loopback, connection: str) -> None:
    answer = send("orders", connection_id=connection, headers=[{"name": "X-Own", "value": "1"}])
    seen = server.requests[0]
    assert seen["path"] == "/orders"
    assert seen["headers"]["authorization"] == "Basic YW5uOnMzY3JldA=="
    assert (seen["headers"]["x-api-key"], seen["headers"]["x-own"]) == ("key-of-the-connection", "1")
    assert answer["url"] == f"{server.url}/orders"


def test_a_full_address_on_the_host_of_the_connection(server: Loopback, connection: str) -> None:
    assert send(f"{server.url}/orders", connection_id=connection)["status"] == 200


@pytest.mark.parametrize(
    "url", ["http://example.com/", "https://127.0.0.1/", "http://127.0.0.1:1/", "HTTP://example.com"]
)
def test_credentials_of_a_connection_go_nowhere_else(server: Loopback, connection: str, url: str) -> None:
    error = error_of(url, connection_id=connection)
    assert error.error_code == "http-other-host"
    assert server.requests == []


@pytest.mark.parametrize(
    "url", ["@example.com/x", "//example.com/x", "\\\\example.com/x", ".example.com/x", ":99/x"]
)
def test_a_path_cannot_become_a_host(server: Loopback, connection: str, url: str) -> None:
    send(url, connection_id=connection)
    assert len(server.requests) == 1  # It came here, wherever the text pointed.


def test_a_redirect_to_another_host_takes_no_secret_along(server: Loopback, connection: str) -> None:
    with running_loopback() as other:
        send(
            f"/redirect/307?to={quote(other.url)}/x",
            connection_id=connection,
            headers=[{"name": "X-Own", "value": "1"}],
        )
    headers = other.requests[0]["headers"]
    assert "authorization" not in headers
    assert "x-api-key" not in headers
    assert headers["x-own"] == "1"


def test_a_redirect_on_the_same_host_keeps_them(server: Loopback, connection: str) -> None:
    send("/redirect/302?to=/x", connection_id=connection)
    assert server.requests[1]["headers"]["authorization"] == "Basic YW5uOnMzY3JldA=="


def test_a_netrc_of_the_worker_is_never_used(
    server: Loopback, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login worker password own\n")
    monkeypatch.setenv("NETRC", str(netrc))
    send(server.url)
    assert "authorization" not in server.requests[0]["headers"]


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    with running_loopback(certificate=make_certificate(tmp_path)) as secure:
        error = error_of(secure.url)
        assert error.error_code == "http-tls"
        assert "certificate" in error.message
        assert secure.requests == []
        assert send(secure.url, verify_tls=False)["status"] == 200


@pytest.mark.parametrize("path", ["slow", "drip"])
def test_a_request_can_be_stopped(server: Loopback, path: str) -> None:
    stoppable = client()

    def stop_when_received() -> None:
        wait_until(lambda: server.requests)
        stoppable.stop()

    stopper = threading.Thread(target=stop_when_received)
    stopper.start()
    started = time.monotonic()
    with pytest.raises(StepError) as caught:
        stoppable.send(HttpParameters(url=f"{server.url}/{path}"))
    stopper.join()
    assert caught.value.error_code == "step-stopped"
    assert time.monotonic() - started < 5
