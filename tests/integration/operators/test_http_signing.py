"""How HTTP steps sign in, against real servers on loopback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks import token_cache
from flowforge_provider.hooks.http import HttpClient
from flowforge_provider.hooks.http_connection import HttpServiceHook, open_access
from flowforge_provider.nodes.builtin.http_parameters import HttpParameters
from tests.factories import make_graph, make_node, make_trigger
from tests.integration.operators.loopback import Loopback, make_certificate, running_loopback
from tests.support.killed_step import KilledStep
from tests.support.proxy import running_proxy
from tests.support.token_server import CLIENT_ID, CLIENT_SECRET, TokenServer, running_token_server

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


@pytest.fixture
def service() -> Iterator[TokenServer]:
    with running_token_server() as running:
        yield running


@pytest.fixture(autouse=True)
def _own_tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("airflow.configuration.AIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(token_cache, "_in_process", {})


def connect(
    monkeypatch: pytest.MonkeyPatch, url: str, *, extra: dict[str, Any] | None = None, **fields: Any
) -> str:
    """Make the connection ``shop`` and return its id."""
    parts = urlsplit(url)
    secret = {
        "conn_type": "flowforge_http",
        "host": f"{parts.scheme}://{parts.hostname}",
        "port": parts.port,
        "extra": extra or {},
        **fields,
    }
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", json.dumps(secret))
    return "shop"


def send(url: str, connection_id: str = "shop", **parameters: Any) -> dict[str, Any]:
    made = HttpParameters(url=url, **parameters)
    return HttpClient(access=open_access(connection_id), max_response_bytes=100_000).send(made)


def error_of(url: str, **parameters: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        send(url, **parameters)
    return caught.value


class TestHeadersAndKeys:
    def test_basic(self, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        connect(monkeypatch, server.url, extra={"auth": "basic"}, login="ann", password="pässwörd")
        answer = send("/a")
        assert server.requests[0]["headers"]["authorization"] == "Basic YW5uOnDDpHNzd8O2cmQ="
        # The server echoes what it got; the step hands on none of it.
        assert answer["body"]["headers"]["authorization"] == "Basic ***"

    def test_bearer(self, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        connect(monkeypatch, server.url, extra={"auth": "bearer"}, password="the-token")
        answer = send("/a")
        assert server.requests[0]["headers"]["authorization"] == "Bearer the-token"
        assert answer["body"]["headers"]["authorization"] == "Bearer ***"

    def test_api_key_in_a_header(self, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        extra = {"auth": "api_key", "api_key_name": "X-Shop-Key"}
        connect(monkeypatch, server.url, extra=extra, password="the-key")
        answer = send("/a", headers=[{"name": "X-Own", "value": "1"}])
        assert server.requests[0]["headers"]["x-shop-key"] == "the-key"
        assert (answer["body"]["headers"]["x-shop-key"], answer["body"]["headers"]["x-own"]) == ("***", "1")

    def test_api_key_in_the_query(self, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        extra = {"auth": "api_key", "api_key_name": "key", "api_key_in": "query"}
        connect(monkeypatch, server.url, extra=extra, password="the key/&")
        answer = send("/a?b=1", query=[{"name": "c", "value": "2"}])
        assert server.requests[0]["query"] == "b=1&c=2&key=the+key%2F%26"
        assert answer["url"] == f"{server.url}/a?b=1&c=2&key=***"
        error = error_of("/status/500")
        assert "the" not in error.message.split("answered")[0].rpartition("key=")[2]
        assert error.detail["url"] == f"{server.url}/status/500?key=***"

    def test_a_redirect_keeps_the_key_at_home(
        self, server: Loopback, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        extra = {"auth": "api_key", "api_key_name": "key", "api_key_in": "query"}
        connect(monkeypatch, server.url, extra=extra, password="the-key")
        send("/redirect/302?to=/x")
        assert server.requests[1]["query"] == "key=the-key"
        with running_loopback() as other:
            send(f"/redirect/302?to={quote(other.url)}/x")
            assert other.requests[0]["query"] == ""

    def test_headers_of_the_connection(self, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        extra = {"headers": '{"X-Tenant": "north", "X-Auth-Token": "hidden-one"}'}
        connect(monkeypatch, server.url, extra=extra)
        answer = send("/a", headers=[{"name": "x-tenant", "value": "south"}])
        seen = server.requests[0]["headers"]
        assert (seen["x-tenant"], seen["x-auth-token"]) == ("south", "hidden-one")
        assert answer["body"]["headers"]["x-auth-token"] == "***"
        with running_loopback() as other:
            send(f"/redirect/307?to={quote(other.url)}/x")
            assert "x-auth-token" not in other.requests[0]["headers"]

    @pytest.mark.parametrize("conn_type", ["flowforge_http", "http"])
    def test_headers_of_the_connection_replace_the_usual_ones(
        self, server: Loopback, monkeypatch: pytest.MonkeyPatch, conn_type: str
    ) -> None:
        headers = {"Accept": "application/vnd.shop+json", "User-Agent": "shop-client"}
        extra = {"headers": headers} if conn_type == "flowforge_http" else headers
        connect(monkeypatch, server.url, extra=extra, conn_type=conn_type)
        send("/a", headers=[{"name": "user-agent", "value": "mine"}])
        seen = server.requests[0]["headers"]
        assert (seen["accept"], seen["user-agent"]) == ("application/vnd.shop+json", "mine")

    def test_what_the_user_sets_wins(self, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        connect(monkeypatch, server.url, extra={"auth": "bearer"}, password="the-token")
        send("/a", headers=[{"name": "authorization", "value": "Custom x"}])
        assert server.requests[0]["headers"]["authorization"] == "Custom x"

    @pytest.mark.parametrize(
        ("extra", "fields", "told"),
        [
            ({"auth": "bearer"}, {}, "lacks a token"),
            ({"auth": "api_key"}, {}, "lacks the API key"),
            ({"auth": "oauth2"}, {"login": "a", "password": "b"}, "lacks a token address"),
            ({"auth": "oauth2", "token_url": "https://a"}, {"login": "a"}, "lacks the client secret"),
            ({"auth": "magic"}, {}, "unknown authentication 'magic'; known are none, basic"),
            ({"headers": "{"}, {}, "headers that are no JSON"),
            ({"headers": "[1]"}, {}, "no JSON object"),
            ({}, {"host": ""}, "has no host"),
            ({}, {"conn_type": "postgres"}, "type 'postgres'"),
        ],
    )
    def test_what_is_wrong_with_a_connection_is_told(
        self, monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], fields: dict[str, Any], told: str
    ) -> None:
        connect(monkeypatch, "https://a", extra=extra, **fields)
        error = error_of("/a")
        assert (error.error_code, error.retryable) == ("http-connection-settings", False)
        assert told in error.message

    @pytest.mark.parametrize(
        ("fields", "url"),
        [
            ({"host": "127.0.0.1", "schema": "http"}, "/base"),
            ({"host": "http://127.0.0.1/base/"}, "/base/a"),
        ],
    )
    def test_base_addresses(
        self, server: Loopback, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], url: str
    ) -> None:
        connect(monkeypatch, server.url, **fields)
        send("base" if url == "/base" else "a")
        assert server.requests[0]["path"] == url


class TestOAuth2:
    def connect(self, monkeypatch: pytest.MonkeyPatch, service: TokenServer, **extra: Any) -> None:
        given = {"auth": "oauth2", "token_url": service.token_url, "scope": "read write", **extra}
        connect(monkeypatch, service.url, extra=given, login=CLIENT_ID, password=CLIENT_SECRET)

    def test_a_token_is_asked_for_and_kept(
        self, service: TokenServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.connect(monkeypatch, service, audience="https://shop")
        assert [send("/a")["status"] for _ in range(3)] == [200] * 3
        (asked,) = service.asked
        assert {**asked, "authorization": None} == {
            "grant_type": "client_credentials",
            "scope": "read write",
            "audience": "https://shop",
            "authorization": None,
        }
        assert asked["authorization"].startswith("Basic ")

    def test_id_and_secret_may_go_into_the_body(
        self, service: TokenServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.connect(monkeypatch, service, client_auth="body")
        send("/a")
        (asked,) = service.asked
        assert (asked["client_id"], asked["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
        assert asked["authorization"] is None

    def test_the_token_is_hidden(self, service: TokenServer, monkeypatch: pytest.MonkeyPatch) -> None:
        from airflow.sdk._shared.secrets_masker import redact

        self.connect(monkeypatch, service)
        assert send("/a")["body"] == {"you_sent": "Bearer ***"}
        assert redact("got token-number-1 here") == "got *** here"

    def test_another_process_uses_it_too(
        self, service: TokenServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        self.connect(monkeypatch, service)
        graph = make_graph(
            make_trigger(),
            make_node("call", "http.request", parameters={"url": "/a", "connection_id": "shop"}),
        )
        step = KilledStep(graph, "call", environment={"AIRFLOW_HOME": str(tmp_path / "worker")})
        for _ in range(2):
            assert step.finish(try_number=1).output["status"] == 200
        assert len(service.asked) == 1
        monkeypatch.setenv("AIRFLOW__FLOWFORGE__HTTP_TOKEN_CACHE", "False")
        own = KilledStep(graph, "call", environment={"AIRFLOW_HOME": str(tmp_path / "worker")})
        assert own.finish(try_number=1).output["status"] == 200
        assert len(service.asked) == 2

    def test_one_that_ends_is_asked_for_anew(
        self, service: TokenServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.connect(monkeypatch, service)
        service.lifetime_s = 20  # ends within the leeway
        send("/a")
        send("/a")
        assert len(service.asked) == 2

    @pytest.mark.parametrize("lifetime_s", [None, "3600"])
    def test_odd_lifetimes(
        self, service: TokenServer, monkeypatch: pytest.MonkeyPatch, lifetime_s: Any
    ) -> None:
        self.connect(monkeypatch, service)
        service.lifetime_s = lifetime_s
        assert send("/a")["status"] == 200

    def test_a_refused_token_is_replaced_once(
        self, service: TokenServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.connect(monkeypatch, service)
        send("/a")
        service.revoke()
        service.requests.clear()
        assert send("/a", method="POST", body_type="text", text="x")["status"] == 200
        assert [request["body"] for request in service.requests] == ["x", "x"]
        assert [request["authorization"][-1] for request in service.requests] == ["1", "2"]
        assert len(service.asked) == 2

    def test_a_new_token_that_is_refused_is_an_answer(
        self, service: TokenServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.connect(monkeypatch, service)
        service.valid = TakesNone()
        error = error_of("/a")
        assert (error.error_code, error.status) == ("http-status", 401)
        assert (len(service.asked), len(service.requests)) == (1, 1)

    def test_a_client_that_the_service_does_not_know(
        self, service: TokenServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        extra = {"auth": "oauth2", "token_url": service.token_url}
        connect(monkeypatch, service.url, extra=extra, login=CLIENT_ID, password="wrong-one")
        error = error_of("/a")
        assert (error.error_code, error.status, error.kind) == ("http-token", 401, None)
        assert "invalid_client (Who are you?)" in error.message
        assert "wrong-one" not in json.dumps([error.message, error.detail])
        assert service.requests == []

    @pytest.mark.parametrize(
        ("failure", "code", "status"),
        [
            ((503, "down"), "http-status", 503),
            ((200, "no json"), "http-token", 200),
            ((200, '{"token_type": "bearer"}'), "http-token", 200),
            ((302, ""), "http-token", 302),
        ],
    )
    def test_a_token_service_in_trouble(
        self,
        service: TokenServer,
        monkeypatch: pytest.MonkeyPatch,
        failure: tuple[int, str],
        code: str,
        status: int,
    ) -> None:
        self.connect(monkeypatch, service)
        service.failure = failure
        error = error_of("/a")
        assert (error.error_code, error.status) == (code, status)

    def test_the_token_address_is_guarded_too(
        self, service: TokenServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.connect(monkeypatch, service, token_url="http://169.254.169.254/token")
        assert error_of("/a").error_code == "http-denied"


class TakesNone(set[str]):
    """Tokens of a service that takes none of those that it gives out."""

    def add(self, _token: str) -> None:
        pass


class TestTls:
    def test_client_certificate_and_trusted_certificate_as_text(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pem = make_certificate(tmp_path)
        with running_loopback(certificate=pem, client_ca=pem) as secure:
            assert error_without_certificate(monkeypatch, secure.url, pem) in ("http-tls", "http-connection")
            key, _, certificate = pem.read_text().partition("-----BEGIN CERTIFICATE")
            certificate = "-----BEGIN CERTIFICATE" + certificate
            texts = {"ca_certificate": certificate, "client_certificate": certificate, "client_key": key}
            paths = {"ca_certificate": str(pem), "client_certificate": str(pem)}
            for extra in (texts, paths):
                connect(monkeypatch, secure.url, extra=extra)
                answer = send("/a")
                assert answer["status"] == 200
            assert len(secure.requests) == 2

    def test_a_key_is_left_nowhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pem = make_certificate(tmp_path)
        temporary = tmp_path / "tmp"
        temporary.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(temporary))
        with running_loopback(certificate=pem, client_ca=pem) as secure:
            text = pem.read_text()
            connect(monkeypatch, secure.url, extra={"ca_certificate": text, "client_certificate": text})
            assert send("/a")["status"] == 200
        assert list(temporary.iterdir()) == []

    @pytest.mark.parametrize("name", ["ca_certificate", "client_certificate"])
    def test_what_is_no_certificate_is_told(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        for wrong in (
            "/no/such/file.pem",
            "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----",
        ):
            connect(monkeypatch, "https://a", extra={name: wrong})
            error = error_of("/a")
            assert (error.error_code, error.retryable) == ("http-certificate", False)

    def test_verification_cannot_be_switched_off_for_a_connection(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with running_loopback(certificate=make_certificate(tmp_path)) as secure:
            connect(monkeypatch, secure.url)
            error = error_of("/a")
            assert (error.error_code, error.kind) == ("http-tls", None)
            # Not with the secrets of a connection: whoever draws could have them read on the way.
            assert error_of("/a", verify_tls=False).error_code == "http-other-host"


def error_without_certificate(monkeypatch: pytest.MonkeyPatch, url: str, ca: Path) -> str:
    connect(monkeypatch, url, extra={"ca_certificate": str(ca)})
    return error_of("/a").error_code


def test_the_connections_proxy_is_used(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    target = ("127.0.0.1", int(urlsplit(server.url).port or 0))
    with running_proxy(target=target) as proxy:
        extra = {"proxy": proxy.url.replace("http://", "http://ann:pr0xy-pass@")}
        connect(monkeypatch, "http://shop.invalid", extra=extra)
        assert send("/a")["status"] == 200
    assert proxy.requests == ["GET http://shop.invalid/a"]
    assert proxy.authorizations[0] is not None
    with running_proxy(target=target) as other:
        assert error_of("/a", proxy=other.url).error_code == "http-other-host"
        assert other.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.invalid\\@{host}/x",
        "https://evil.invalid\\\\@{host}/x",
        "https://evil.invalid#@{host}/x",
        "https://evil.invalid?@{host}/x",
        "https://{host}@evil.invalid/x",
        "http:\\\\evil.invalid/x",
        "//evil.invalid/x",
    ],
)
def test_no_writing_of_an_address_leads_credentials_elsewhere(
    url: str, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(monkeypatch, server.url, extra={"auth": "bearer"}, password="the-token")
    host = urlsplit(server.url).netloc
    before = len(server.requests)
    told = None
    try:
        send(url.replace("{host}", host))
    except StepError as error:
        told = error.error_code
    # Some are paths of the service itself. A host "evil.invalid" would have been "http-connection".
    assert told in {None, "http-other-host", "http-address"}
    assert len(server.requests) == before + (told is None)


class TestButton:
    """``test_connection``, which Airflow's form calls."""

    def test_tells_success(self, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        connect(monkeypatch, server.url, extra={"auth": "bearer"}, password="the-token")
        assert HttpServiceHook("shop").test_connection() == (True, "The service answered with status 200.")

    def test_tells_refusal(self, service: TokenServer, monkeypatch: pytest.MonkeyPatch) -> None:
        connect(monkeypatch, service.url, extra={"auth": "bearer"}, password="the-token")
        works, told = HttpServiceHook("shop").test_connection()
        assert not works
        assert "status 401" in told

    def test_tells_what_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connect(monkeypatch, "https://a", extra={"auth": "bearer"})
        assert HttpServiceHook("shop").test_connection()[0] is False
