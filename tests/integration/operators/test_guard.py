"""The guard of requests against a real server: nothing reaches an address that workflows may not call."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest
import requests

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.addresses import AddressRules
from flowforge_provider.hooks.guarded import Answer, GuardedSession, Timeouts, fetch_file
from tests.integration.operators.loopback import Loopback, make_certificate, running_loopback, wait_until
from tests.support.proxy import running_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.integration

OPEN = AddressRules(allowed=["127.0.0.0/8", "::1/128"])


@pytest.fixture(scope="module")
def module_server() -> Iterator[Loopback]:
    with running_loopback() as running:
        yield running


@pytest.fixture
def server(module_server: Loopback) -> Loopback:
    module_server.requests.clear()
    return module_server


def get(url: str, *, rules: AddressRules, **options: Any) -> Answer:
    with GuardedSession(rules=rules, max_response_bytes=100_000, **options) as session:
        return session.send(requests.Request("GET", url))


def refused(url: str, *, rules: AddressRules | None = None, **options: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        get(url, rules=rules or AddressRules(), **options)
    assert caught.value.error_code == "http-denied"
    assert not caught.value.retryable
    return caught.value


def resolve_as(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Make names under .test resolve as told, the last answer for ever; returns what was asked."""
    asked: list[str] = []
    real = socket.getaddrinfo
    left = list(answers)

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if not str(host).endswith(".test"):
            return real(host, port, *args, **kwargs)
        asked.append(host)
        addresses = left.pop(0) if len(left) > 1 else left[0]
        found = []
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            found.append((family, socket.SOCK_STREAM, 6, "", (address, port)))
        return found

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",  # decimal
        "0x7f000001",  # hexadecimal
        "0x7f.0.0.1",
        "0177.0.0.1",  # octal
        "017700000001",
        "localhost",
        "LOCALHOST",
        "0",
        "0.0.0.0",  # noqa: S104
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "user:secret@127.0.0.1",
        "example.com@127.0.0.1",
    ],
)
def test_this_machine_is_refused_in_each_form(server: Loopback, host: str) -> None:
    error = refused(f"http://{host}:{urlsplit(server.url).port}/")
    assert "http_allowed_networks" in error.message
    assert server.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1.", "localhost.", "①②⑦.⓪.⓪.①", "127。0。0。1", "0x7f.1%00"])
def test_what_some_systems_take_for_this_machine_does_not_reach_it(server: Loopback, host: str) -> None:
    """Whether these are addresses depends on the system's resolver; none of them gets anywhere."""
    with pytest.raises(StepError) as caught:
        get(f"http://{host}:{urlsplit(server.url).port}/", rules=AddressRules())
    assert caught.value.error_code in ("http-denied", "http-address", "http-connection")
    assert server.requests == []


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "2852039166", "0xA9FEA9FE", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"]
)
def test_metadata_services_are_refused_whatever_is_allowed(host: str) -> None:
    error = refused(f"http://{host}/latest/meta-data/", rules=AddressRules(allowed=["0.0.0.0/0", "::/0"]))
    assert "no setting opens" in error.message


def test_nothing_is_allowed_by_default(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW__FLOWFORGE__HTTP_ALLOWED_NETWORKS")
    with pytest.raises(StepError) as caught, GuardedSession(max_response_bytes=10) as session:
        session.send(requests.Request("GET", server.url))
    assert caught.value.error_code == "http-denied"
    assert server.requests == []


def test_an_allowed_network_is_reached(server: Loopback) -> None:
    assert get(server.url, rules=OPEN).status == 200
    assert get(server.url.replace("127.0.0.1", "2130706433"), rules=OPEN).status == 200


def test_a_denied_network_wins(server: Loopback) -> None:
    refused(server.url, rules=AddressRules(allowed=["127.0.0.0/8"], denied=["127.0.0.1/32"]))
    assert server.requests == []


def test_a_name_of_a_private_address_is_refused(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_as(monkeypatch, ["127.0.0.1"])
    error = refused(f"http://inner.test:{urlsplit(server.url).port}/")
    assert "127.0.0.1 (inner.test)" in error.message
    assert server.requests == []


def test_a_name_that_changes_its_address_is_not_followed(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first look-up is public, each later one is this machine."""
    asked = resolve_as(monkeypatch, ["192.0.2.1"], ["127.0.0.1"])
    rules = AddressRules(allowed=["192.0.2.0/24"])  # stands for a public address that does not answer
    with pytest.raises(StepError) as caught:
        get(
            f"http://rebinds.test:{urlsplit(server.url).port}/",
            rules=rules,
            timeouts=Timeouts(connect_s=0.3),
        )
    assert caught.value.error_code in ("http-timeout", "http-connection")
    assert asked == ["rebinds.test"]
    assert server.requests == []


def test_each_request_of_a_session_is_checked_anew(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_as(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    url = f"http://rebinds.test:{urlsplit(server.url).port}/"
    with GuardedSession(rules=AddressRules(allowed=["127.0.0.1/32"]), max_response_bytes=9999) as session:
        assert session.send(requests.Request("GET", url, headers={"Connection": "close"})).status == 200
        session._adapter.close()
        with pytest.raises(StepError, match=r"127\.0\.0\.2"):
            session.send(requests.Request("GET", url))


def test_of_several_addresses_only_those_allowed_are_called(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_loopback("127.0.0.2") as inner:
        port = urlsplit(server.url).port
        resolve_as(monkeypatch, ["127.0.0.2", "127.0.0.1"])
        rules = AddressRules(allowed=["127.0.0.1/32"])
        assert get(f"http://both.test:{port}/", rules=rules).status == 200
        assert inner.requests == []


def test_a_redirect_is_checked(server: Loopback) -> None:
    with running_loopback("127.0.0.2") as inner:
        rules = AddressRules(allowed=["127.0.0.1/32"])
        for target in (inner.url, inner.url.replace("127.0.0.2", "2130706434")):
            error = refused(f"{server.url}/redirect/302?to={quote(target)}", rules=rules)
            assert "127.0.0.2" in error.message
        assert inner.requests == []


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:1/_x"])
def test_a_redirect_leads_to_no_other_protocol(server: Loopback, target: str) -> None:
    with pytest.raises(StepError) as caught:
        get(f"{server.url}/redirect/302?to={quote(target)}", rules=OPEN)
    assert caught.value.error_code == "http-address"


def test_the_certificate_is_compared_with_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calling the checked address itself must not weaken TLS."""
    certificate = make_certificate(tmp_path)
    with running_loopback(certificate=certificate) as secure:
        assert get(secure.url, rules=OPEN, verify=str(certificate)).status == 200
        resolve_as(monkeypatch, ["127.0.0.1"])
        with pytest.raises(StepError) as caught:
            get(f"https://other.test:{urlsplit(secure.url).port}/", rules=OPEN, verify=str(certificate))
    assert caught.value.error_code == "http-tls"
    assert "other.test" in caught.value.message


class TestProxy:
    def test_requests_and_tunnels_go_through_it(self, server: Loopback, tmp_path: Path) -> None:
        parts = urlsplit(server.url)
        with running_proxy(target=("127.0.0.1", int(parts.port or 0))) as proxy:
            address = proxy.url.replace("http://", "http://ann:s3cret@")
            answer = get("http://only-the-proxy-knows.invalid/a", rules=OPEN, proxies={"http": address})
            assert answer.status == 200
        assert proxy.requests == ["GET http://only-the-proxy-knows.invalid/a"]
        assert proxy.authorizations == ["Basic YW5uOnMzY3JldA=="]
        certificate = make_certificate(tmp_path)
        with running_loopback(certificate=certificate) as secure:
            target = ("127.0.0.1", int(urlsplit(secure.url).port or 0))
            with running_proxy(target=target) as proxy:
                proxies = {"https": proxy.url}
                url = "https://only-the-proxy-knows.invalid/a"
                assert get(url, rules=OPEN, proxies=proxies, verify=False).status == 200
            assert proxy.requests == ["CONNECT only-the-proxy-knows.invalid:443"]

    @pytest.mark.parametrize(
        "url",
        [
            "http://169.254.169.254/",
            "http://2852039166/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://metadata.google.internal/",
            "https://10.0.0.1/",
            "http://localhost/",
            "http://inner.test/",
        ],
    )
    def test_its_target_is_checked_by_name(
        self, server: Loopback, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        resolve_as(monkeypatch, ["8.8.8.8", "10.0.0.1"])
        with running_proxy(target=("127.0.0.1", 9)) as proxy:
            refused(url, proxies={"http": proxy.url, "https": proxy.url})
            assert proxy.requests == []

    def test_a_redirect_through_it_is_checked(self, server: Loopback) -> None:
        parts = urlsplit(server.url)
        with running_proxy(target=("127.0.0.1", int(parts.port or 0))) as proxy:
            refused(
                f"http://outer.invalid/redirect/302?to={quote('http://10.0.0.1/')}",
                proxies={"http": proxy.url},
            )
            assert len(proxy.requests) == 1

    def test_one_that_the_graph_names_is_checked_like_any_address(self, server: Loopback) -> None:
        with running_proxy(target=("127.0.0.1", 9)) as proxy:
            refused("http://outer.invalid/", proxies={"http": proxy.url}, proxy_is_trusted=False)
            assert proxy.requests == []

    def test_one_of_the_administrator_is_never_a_metadata_service(self) -> None:
        refused("http://outer.invalid/", proxies={"http": "http://169.254.169.254:80"})

    def test_one_of_the_environment_is_used(self, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        parts = urlsplit(server.url)
        with running_proxy(target=("127.0.0.1", int(parts.port or 0))) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            assert get("http://outer.invalid/", rules=AddressRules()).status == 200
            assert len(proxy.requests) == 1

    def test_other_kinds_are_refused(self) -> None:
        with pytest.raises(StepError) as caught:
            get("http://outer.invalid/", rules=OPEN, proxies={"http": "socks5://127.0.0.1:1"})
        assert caught.value.error_code == "http-proxy"

    def test_one_that_is_down_is_told(self) -> None:
        with pytest.raises(StepError) as caught:
            get("http://outer.invalid/", rules=OPEN, proxies={"http": "http://127.0.0.1:1"})
        assert (caught.value.error_code, caught.value.kind) == ("http-proxy", "connection")


class TestTime:
    @pytest.mark.parametrize("path", ["slow", "trickle"])
    def test_the_whole_is_limited_however_busy_it_is(self, server: Loopback, path: str) -> None:
        started = time.monotonic()
        with pytest.raises(StepError) as caught:
            get(f"{server.url}/{path}", rules=OPEN, timeouts=Timeouts(read_s=5, total_s=0.5))
        assert time.monotonic() - started < 4
        assert (caught.value.error_code, caught.value.kind) == ("http-timeout", "timeout")
        assert "not done within 0.5 s" in caught.value.message

    def test_an_answer_without_length_that_is_cut_is_no_answer(self, server: Loopback) -> None:
        with pytest.raises(StepError) as caught:
            get(f"{server.url}/endless", rules=OPEN, timeouts=Timeouts(read_s=5, total_s=0.3))
        assert caught.value.error_code == "http-timeout"

    def test_stop_ends_what_is_under_way(self, server: Loopback) -> None:
        with GuardedSession(rules=OPEN, max_response_bytes=9999) as session:

            def stop_when_received() -> None:
                wait_until(lambda: server.requests)
                session.stop()

            stopper = threading.Thread(target=stop_when_received)
            stopper.start()
            with pytest.raises(StepError) as caught:
                session.send(requests.Request("GET", f"{server.url}/endless"))
            stopper.join()
        assert caught.value.error_code == "step-stopped"


class TestFetchFile:
    def test_returns_the_file(self, server: Loopback) -> None:
        file = fetch_file(f"{server.url}/body/may.pdf?type=application/pdf&hex=25504446", max_bytes=100)
        assert file == ("may.pdf", "application/pdf", b"%PDF")

    def test_is_limited(self, server: Loopback) -> None:
        for path in ("big?bytes=200", "bomb"):
            with pytest.raises(StepError) as caught:
                fetch_file(f"{server.url}/{path}", max_bytes=100)
            assert caught.value.error_code == "http-response-too-large"

    def test_takes_no_error_page_for_a_file(self, server: Loopback) -> None:
        with pytest.raises(StepError) as caught:
            fetch_file(f"{server.url}/status/404", max_bytes=100)
        assert (caught.value.error_code, caught.value.status) == ("http-status", 404)

    def test_can_be_stopped(self, server: Loopback) -> None:
        sessions: list[GuardedSession] = []

        def stop() -> None:
            sessions[0].stop()

        timer = threading.Timer(0.2, stop)
        timer.start()
        with pytest.raises(StepError) as caught:
            fetch_file(f"{server.url}/endless", max_bytes=10_000, started=sessions.append)
        timer.join()
        assert caught.value.error_code == "step-stopped"

    def test_is_guarded(self, server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AIRFLOW__FLOWFORGE__HTTP_ALLOWED_NETWORKS")
        with pytest.raises(StepError, match="private"):
            fetch_file(server.url, max_bytes=100)
        assert server.requests == []
