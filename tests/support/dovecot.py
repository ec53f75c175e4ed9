"""
A real mail server for tests: dovecot with a configuration of its own, on free ports of 127.0.0.1.

Mail comes in by SMTP, as it does in the wild: a small SMTP server hands it on to dovecot by LMTP.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowforge_provider.dev.ports import LOOPBACK, find_free_port
from tests.support.smtp_server import running_smtp_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imapclient import IMAPClient

    from flowforge_provider.dev.guard import Guard
    from tests.support.smtp_server import ReceivedMail, SmtpServer

PASSWORD = "correct-horse"
# Dovecot refuses to work for the administrator.
_UNPRIVILEGED = "nobody"
_CONFIG = """
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
protocols = imap lmtp
listen = {host}
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{home}/mail/%u
mail_max_userip_connections = 100
{capability}
auth_mechanisms = plain login {mechanisms}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
{token_passdb}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%u allow_all_users=yes
}}
"""
_TOKEN_PASSDB = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {home}/oauth2.conf
}}
"""
_INTROSPECTION = """
introspection_mode = post
introspection_url = {url}
force_introspection = yes
username_attribute = username
active_attribute = active
active_value = true
"""
_WITHOUT_IDLE = "imap_capability = IMAP4rev1 LITERAL+ UIDPLUS MOVE"


class DovecotNotInstalledError(RuntimeError):
    """There is no dovecot on this machine."""


class DovecotServer:
    """
    A mail server with as many mailboxes as are asked for.

    :param idle: whether it offers IDLE
    :param certificate: file with key and certificate; offers TLS then
    :param introspection_url: where to ask whether an access token is good
    :param mechanisms: by which access tokens are taken
    """

    def __init__(
        self,
        *,
        guard: Guard,
        idle: bool = True,
        certificate: Path | None = None,
        introspection_url: str = "",
        mechanisms: str = "oauthbearer xoauth2",
    ) -> None:
        self.host = LOOPBACK
        self.port = self.tls_port = self.lmtp_port = 0
        self.smtp: SmtpServer | None = None
        self._guard = guard
        self._idle = idle
        self._certificate = certificate
        self._introspection_url = introspection_url
        self._mechanisms = mechanisms
        self._home = Path(tempfile.mkdtemp(prefix="flowforge-dovecot-"))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """Return what the server has written down."""
        path = self._home / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def connection(self, user: str, *, password: str = PASSWORD, **extra: Any) -> dict[str, Any]:
        """
        Return the fields of an Airflow connection to a mailbox; plain text unless they say otherwise.

        :param user: any name; its mailbox is made when it is first used
        """
        return {
            "conn_type": "flowforge_imap",
            "host": self.host,
            "port": self.port,
            "login": user,
            "password": password,
            "extra": {"security": "none", "timeout": 10, **extra},
        }

    def start(self) -> None:
        """
        Start the server, on the ports that it had before.

        :raises DovecotNotInstalledError: there is none
        """
        program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
        if program is None:
            raise DovecotNotInstalledError(
                "The tests need a mail server: install dovecot (Debian, Ubuntu: apt-get install "
                "dovecot-imapd "
                "dovecot-lmtpd; macOS: brew install dovecot)."
            )
        self._configure()
        self._process = subprocess.Popen(
            [program, "-F", "-c", str(self._home / "dovecot.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._guard.watch(self._process.pid)
        for port in (self.port, self.lmtp_port):
            self._wait_for(port)

    def stop(self) -> None:
        """End the server and all its connections at once."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._guard.forget(process.pid)
            # It would refuse to start while it believes to run.
            (self._home / "run" / "master.pid").unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove its files."""
        shutil.rmtree(self._home, ignore_errors=True)

    def deliver(
        self, recipient: str, message: EmailMessage | bytes, *, sender: str = "ann@example.com"
    ) -> None:
        """Send a message to a mailbox by SMTP; it is in the mailbox when this returns."""
        assert self.smtp is not None
        content = message if isinstance(message, bytes) else message.as_bytes()
        content = re.sub(rb"\r?\n", b"\r\n", content)
        with smtplib.SMTP(self.smtp.host, self.smtp.port, timeout=30) as client:
            client.sendmail(sender, [recipient], content)

    @contextlib.contextmanager
    def client(self, user: str, folder: str = "INBOX") -> Iterator[IMAPClient]:
        """Yield a client that looks into a mailbox as its owner would."""
        from imapclient import IMAPClient

        client = IMAPClient(self.host, self.port, ssl=False, timeout=20)
        try:
            client.login(user, PASSWORD)
            if client.folder_exists(folder):
                client.select_folder(folder)
            yield client
        finally:
            client.shutdown()

    def forward(self, mail: ReceivedMail) -> None:
        """Hand a message that came by SMTP to the mailboxes."""
        with smtplib.LMTP(self.host, self.lmtp_port) as client:
            client.sendmail(mail.mail_from, mail.recipients, mail.content)

    def _configure(self) -> None:
        owner = pwd.getpwnam(_UNPRIVILEGED) if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        if not self.port:
            self.port, self.lmtp_port = find_free_port(), find_free_port()
            self.tls_port = find_free_port() if self._certificate else 0
        certificate = ""
        if self._certificate:
            certificate = f"ssl_cert = <{self._certificate}\nssl_key = <{self._certificate}"
        import grp

        text = _CONFIG.format(
            home=self._home,
            password=PASSWORD,
            host=self.host,
            ssl="yes" if self._certificate else "no",
            certificate=certificate,
            mechanisms=self._mechanisms if self._introspection_url else "",
            token_passdb=_TOKEN_PASSDB.format(home=self._home) if self._introspection_url else "",
            capability="" if self._idle else _WITHOUT_IDLE,
            port=self.port,
            tls_port=self.tls_port,
            lmtp_port=self.lmtp_port,
            user=owner.pw_name,
            group=grp.getgrgid(owner.pw_gid).gr_name,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
        )
        (self._home / "dovecot.conf").write_text(text)
        (self._home / "oauth2.conf").write_text(_INTROSPECTION.format(url=self._introspection_url))
        for name in ("run", "state", "mail"):
            folder = self._home / name
            folder.mkdir(exist_ok=True)
        if os.getuid() == 0:
            os.chown(self._home / "mail", owner.pw_uid, owner.pw_gid)
            self._home.chmod(0o755)

    def _wait_for(self, port: int) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection((self.host, port), timeout=5).close()
            except OSError:
                assert self._process is not None
                assert self._process.poll() is None, f"dovecot has ended:\n{self.log}"
                assert time.monotonic() < deadline, f"dovecot does not listen:\n{self.log}"
                time.sleep(0.05)
            else:
                return


@contextlib.contextmanager
def running_dovecot(*, guard: Guard, **given: Any) -> Iterator[DovecotServer]:
    """
    Run a mail server until the block ends.

    :param given: arguments of :class:`DovecotServer`
    """
    server = DovecotServer(guard=guard, **given)
    try:
        server.start()
        with running_smtp_server(forward=server.forward) as server.smtp:
            yield server
    finally:
        server.stop()
        server.remove()


def make_mail(subject: str = "Order 7", text: str = "Two, please.", **headers: str) -> EmailMessage:
    """Return a short email with a Message-ID of its own; ``headers`` in the manner of ``Reply_To="…"``."""
    from datetime import datetime, timezone
    from email.utils import format_datetime, make_msgid

    message = EmailMessage()
    given = {
        "From": "Ann Lee <ann@example.com>",
        "To": "orders@example.org",
        "Subject": subject,
        "Date": format_datetime(datetime.now(timezone.utc)),
        "Message-ID": make_msgid(domain="example.com"),
    }
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    for name, value in given.items():
        message[name] = value
    message.set_content(text)
    return message
