"""Reaching a real mail server by what an Airflow connection says: TLS, STARTTLS, passwords, access tokens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.dev.ports import find_free_port
from flowforge_provider.hooks import token_cache
from flowforge_provider.hooks.imap import ImapHook, MailboxError
from tests.support.certificates import Authority
from tests.support.dovecot import PASSWORD, make_mail, running_dovecot
from tests.support.token_server import CLIENT_ID, CLIENT_SECRET, running_token_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowforge_provider.dev.guard import Guard
    from tests.integration.mailbox.conftest import MailKit
    from tests.support.dovecot import DovecotServer
    from tests.support.token_server import TokenServer

pytestmark = pytest.mark.integration

AUTHORITY = Authority()


@pytest.fixture(scope="module")
def tokens() -> Iterator[TokenServer]:
    """What gives access tokens, and tells the mail servers whether they are good."""
    with running_token_server() as server:
        yield server


@pytest.fixture(scope="module")
def secure(
    guard: Guard, tokens: TokenServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DovecotServer]:
    """A mail server with a certificate for localhost; takes tokens by both mechanisms."""
    pem = AUTHORITY.issue(tmp_path_factory.mktemp("tls") / "server.pem", "localhost", "127.0.0.1")
    with running_dovecot(guard=guard, certificate=pem, introspection_url=tokens.introspection_url) as server:
        yield server


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tokens: TokenServer, tmp_path: Path) -> None:
    monkeypatch.setattr("airflow.configuration.AIRFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(token_cache, "_in_process", {})
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__HTTP_ALLOWED_NETWORKS", "127.0.0.0/8")
    tokens.failure, tokens.renews, tokens.lifetime_s = None, False, 3600
    tokens.asked.clear()
    tokens.refresh_tokens = {"given-once"}


class Kit:
    """Makes the connection ``box``, and tries it as Airflow's form does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, server: DovecotServer) -> None:
        self.server = server
        self._monkeypatch = monkeypatch

    def connect(self, security: str = "tls", **given: Any) -> ImapHook:
        """
        Return the hook of a new connection.

        :param given: fields, and others as extras
        """
        fields = self.server.connection("ann", security=security, ca_certificate=AUTHORITY.pem)
        fields |= {"host": "localhost"}
        if security == "tls":
            fields["port"] = self.server.tls_port
        for name, value in given.items():
            (fields if name in fields else fields["extra"])[name] = value
        self._monkeypatch.setenv("AIRFLOW_CONN_BOX", json.dumps(fields))
        return ImapHook("box")

    def test(self, security: str = "tls", **given: Any) -> tuple[bool, str]:
        """Return what the test of a new connection tells."""
        return self.connect(security, **given).test_connection()


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch, secure: DovecotServer) -> Kit:
    """A mailbox behind TLS."""
    return Kit(monkeypatch, secure)


class TestTls:
    """Encrypted, and with the right server."""

    @pytest.mark.parametrize("security", ["tls", "starttls"])
    def test_a_mailbox_is_read(self, box: Kit, security: str) -> None:
        box.server.deliver("ann", make_mail("Order 7"))
        client = box.connect(security).get_conn()
        assert client.socket().version() in {"TLSv1.2", "TLSv1.3"}
        assert client.select_folder("INBOX")[b"EXISTS"] >= 1
        client.logout()

    @pytest.mark.parametrize("security", ["tls", "starttls"])
    def test_an_authority_that_is_not_trusted(self, box: Kit, security: str) -> None:
        for ca in ("", Authority("Somebody else").pem):
            with pytest.raises(MailboxError, match="certificate verify failed") as caught:
                box.connect(security, ca_certificate=ca).get_conn()
            assert caught.value.error_code == "mailbox-tls"
            assert "trusted certificates of the connection" in caught.value.message

    @pytest.mark.parametrize("security", ["tls", "starttls"])
    def test_a_certificate_for_another_name(
        self, guard: Guard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, security: str
    ) -> None:
        pem = AUTHORITY.issue(tmp_path / "server.pem", "mail.example.com")
        with running_dovecot(guard=guard, certificate=pem) as server:
            with pytest.raises(MailboxError, match="not valid for 'localhost'") as caught:
                Kit(monkeypatch, server).connect(security).get_conn()
            assert caught.value.error_code == "mailbox-tls"
            # Neither login nor password went there.
            assert "ann" not in server.log

    def test_trusted_certificates_that_are_none(self, box: Kit) -> None:
        with pytest.raises(MailboxError) as caught:
            box.connect(ca_certificate="-----BEGIN CERTIFICATE-----\nnonsense").get_conn()
        assert caught.value.error_code == "mailbox-tls"

    def test_a_published_trigger_reads_through_tls(self, kit: MailKit, secure: DovecotServer) -> None:
        fields = secure.connection("through-tls", security="tls", ca_certificate=AUTHORITY.pem)
        workflow_id = kit.publish("through-tls", fields=fields | {"port": secure.tls_port})
        kit.watched(workflow_id)
        secure.deliver(workflow_id, make_mail("Order 7"))
        (delivery,) = kit.wait_for(workflow_id, 1)
        assert delivery.body["subject"] == "Order 7"


class TestTheFormsButton:
    """``test_connection``, which Airflow's form calls."""

    @pytest.mark.parametrize("security", ["tls", "starttls", "none"])
    def test_everything_is_right(self, box: Kit, security: str) -> None:
        works, told = box.test(security)
        assert works
        assert told.startswith(
            "The mailbox can be read; new messages are seen at once (IDLE). Folders: INBOX"
        )

    def test_a_wrong_password(self, box: Kit) -> None:
        works, told = box.test(password="not-the-word")
        assert not works
        assert 'does not let "ann" in' in told
        assert "not-the-word" not in told

    def test_a_host_that_nobody_knows(self, box: Kit) -> None:
        works, told = box.test(host="mail.invalid")
        assert not works
        assert told.startswith("No connection to the mail server mail.invalid:")
        assert told.endswith("Check host, port and security of the connection.")

    def test_a_port_that_nobody_listens_at(self, box: Kit) -> None:
        works, told = box.test(port=find_free_port())
        assert not works
        assert "Connection refused" in told

    def test_tls_where_the_server_speaks_plain_text(self, box: Kit) -> None:
        works, told = box.test("tls", port=box.server.port)
        assert not works
        assert "Check security, port and trusted certificates" in told

    @pytest.mark.parametrize("security", ["starttls", "none"])
    def test_plain_text_where_the_server_speaks_tls(self, box: Kit, security: str) -> None:
        works, told = box.test(security, port=box.server.tls_port, timeout=2)
        assert not works
        assert "Check host, port and" in told

    def test_starttls_that_the_server_does_not_offer(
        self, monkeypatch: pytest.MonkeyPatch, dovecot: DovecotServer
    ) -> None:
        works, told = Kit(monkeypatch, dovecot).test("starttls")
        assert not works
        assert "STARTTLS" in told
        assert PASSWORD not in told

    @pytest.mark.parametrize(
        ("given", "missing"),
        [
            ({"password": ""}, "no password"),
            ({"login": ""}, "no login"),
            ({"auth": "oauth2", "token_url": "https://a"}, "no client id"),
            ({"auth": "oauth2", "client_id": "a"}, "no token address"),
            (
                {"auth": "oauth2", "client_id": "a", "token_url": "https://a", "password": ""},
                "no refresh token",
            ),
        ],
    )
    def test_what_is_missing(self, box: Kit, given: dict[str, Any], missing: str) -> None:
        works, told = box.test(**given)
        assert not works
        assert missing in told


@pytest.fixture(scope="module", params=["oauthbearer xoauth2", "xoauth2"])
def server(
    request: pytest.FixtureRequest,
    guard: Guard,
    tokens: TokenServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DovecotServer]:
    """A mail server that takes tokens by these mechanisms, as Gmail and as Microsoft 365 do."""
    pem = AUTHORITY.issue(tmp_path_factory.mktemp("tls") / "server.pem", "localhost", "127.0.0.1")
    with running_dovecot(
        guard=guard, certificate=pem, introspection_url=tokens.introspection_url, mechanisms=request.param
    ) as server:
        yield server


class TestAccessTokens:
    """OAuth2 in place of a password."""

    @pytest.fixture
    def given(self, tokens: TokenServer) -> dict[str, Any]:
        """Fields of a connection; the token service takes its client for the owner of the mailbox."""
        tokens.owner = "ann"
        return {
            "auth": "oauth2",
            "token_url": tokens.token_url,
            "scope": "mail.read",
            "client_id": CLIENT_ID,
            "password": CLIENT_SECRET,
        }

    def test_the_clients_own_token_is_kept(
        self,
        monkeypatch: pytest.MonkeyPatch,
        server: DovecotServer,
        tokens: TokenServer,
        given: dict[str, Any],
    ) -> None:
        kit = Kit(monkeypatch, server)
        assert kit.test(**given)[0]
        assert kit.test(**given)[0]
        (asked,) = tokens.asked
        assert (asked["grant_type"], asked["client_id"]) == ("client_credentials", CLIENT_ID)
        assert asked["scope"] == given["scope"]

    def test_a_kept_token_that_is_refused_is_replaced(
        self,
        monkeypatch: pytest.MonkeyPatch,
        server: DovecotServer,
        tokens: TokenServer,
        given: dict[str, Any],
    ) -> None:
        kit = Kit(monkeypatch, server)
        assert kit.test(**given)[0]
        tokens.revoke()
        assert kit.test(**given)[0]
        assert len(tokens.asked) == 2

    def test_the_token_of_somebody_else(
        self,
        monkeypatch: pytest.MonkeyPatch,
        server: DovecotServer,
        tokens: TokenServer,
        given: dict[str, Any],
    ) -> None:
        tokens.owner = "bob"
        works, told = Kit(monkeypatch, server).test(**given)
        assert not works
        assert 'does not let "ann" in' in told
        assert "allow the client to read this mailbox" in told
        assert "token-number" not in told
        # A token that was just made is not replaced by the next one.
        assert len(tokens.asked) == 1

    @pytest.mark.parametrize("client_auth", ["body", "basic"])
    def test_a_refresh_token(
        self, box: Kit, tokens: TokenServer, given: dict[str, Any], client_auth: str
    ) -> None:
        assert box.test(**given, refresh_token="given-once", client_auth=client_auth)[0]
        (asked,) = tokens.asked
        assert (asked["grant_type"], asked["refresh_token"]) == ("refresh_token", "given-once")
        assert ("client_secret" in asked) is (client_auth == "body")

    def test_a_refresh_token_that_has_ended(self, box: Kit, given: dict[str, Any]) -> None:
        works, told = box.test(**given, refresh_token="withdrawn-word")
        assert not works
        assert "invalid_grant (It has ended.)" in told
        assert "refresh token" in told
        assert "withdrawn-word" not in told

    def test_a_wrong_client_secret(self, box: Kit, given: dict[str, Any]) -> None:
        works, told = box.test(**given | {"password": "wrong-secret"})
        assert not works
        assert "invalid_client" in told
        assert "wrong-secret" not in told

    def test_a_mail_server_that_takes_no_tokens(
        self, monkeypatch: pytest.MonkeyPatch, dovecot: DovecotServer, given: dict[str, Any]
    ) -> None:
        works, told = Kit(monkeypatch, dovecot).test("none", **given)
        assert not works
        assert "takes no access tokens" in told

    def test_a_renewed_refresh_token_takes_the_old_ones_place(
        self, kit: MailKit, secure: DovecotServer, tokens: TokenServer, given: dict[str, Any]
    ) -> None:
        from airflow.models.connection import Connection

        tokens.renews, tokens.owner = True, "renewed"
        fields = secure.connection("renewed", security="tls", ca_certificate=AUTHORITY.pem)
        fields["port"] = secure.tls_port
        fields["password"] = given.pop("password")
        fields["extra"] |= {**given, "refresh_token": "given-once"}
        workflow_id = kit.publish("renewed", fields=fields)
        kit.watched(workflow_id)
        assert tokens.refresh_tokens == {"refresh-token-number-1"}
        kept = Connection.get_connection_from_secrets("renewed").extra_dejson
        assert kept == {**fields["extra"], "refresh_token": "refresh-token-number-1"}
        secure.deliver(workflow_id, make_mail("Order 7"))
        assert len(kit.wait_for(workflow_id, 1)) == 1
