"""Whom to trust, and with which certificate to sign in, when a connection says so."""

from __future__ import annotations

import os
import ssl
import tempfile
from pathlib import Path

from flowforge_provider.exceptions import StepError

__all__ = ["make_context"]

_BEGIN = "-----BEGIN"


def make_context(
    *,
    ca: str = "",
    certificate: str = "",
    key: str = "",
    key_password: str | None = None,
    verify: bool = True,
) -> ssl.SSLContext:
    """
    Return the context of https connections.

    :param ca: certificates to trust in place of the usual ones: PEM text, or the path of a file or folder
    :param certificate: client certificate with its chain: PEM text or a path; may hold the key as well
    :param key: private key of the client certificate: PEM text or a path
    :param key_password: of an encrypted key
    :param verify: whether to refuse servers whose certificate cannot be verified
    :raises StepError: a certificate or key cannot be read
    """
    try:
        context = _trusting(ca)
        if certificate:
            _load_client(context, certificate=certificate, key=key, password=key_password)
    except (OSError, ValueError) as error:
        # An error of OpenSSL names no path and no content.
        raise StepError(
            f"A certificate or key of the connection cannot be used: {error}. Give PEM text, or the path of "
            f"a "
            "PEM file on the worker.",
            code="http-certificate",
            retryable=False,
        ) from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _trusting(ca: str) -> ssl.SSLContext:
    if _BEGIN in ca:
        return ssl.create_default_context(cadata=ca)
    if not ca:
        # What requests would take, too.
        from requests.utils import DEFAULT_CA_BUNDLE_PATH

        bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        ca = bundle or DEFAULT_CA_BUNDLE_PATH
    if Path(ca).is_dir():
        return ssl.create_default_context(capath=ca)
    return ssl.create_default_context(cafile=ca)


def _load_client(context: ssl.SSLContext, *, certificate: str, key: str, password: str | None) -> None:
    # Without a function, OpenSSL would ask for the password of a key at the terminal, and wait there.
    def ask() -> str:
        return password or ""

    if _BEGIN not in certificate and _BEGIN not in key:
        context.load_cert_chain(certificate, key or None, password=ask)
        return
    # OpenSSL reads files only. This one is gone before the connection is used.
    text = "\n".join(
        part if _BEGIN in part else Path(part).read_text() for part in (key, certificate) if part
    )
    with tempfile.TemporaryDirectory(prefix="flowforge-tls-") as folder:  # mode 0700
        path = Path(folder) / "client.pem"
        path.touch(mode=0o600)
        path.write_text(text)
        context.load_cert_chain(str(path), password=ask)
