"""
Access tokens, kept as long as they live: in the process, and on disk for the processes of later tasks.

Each task is a process of its own, so a cache in memory alone would ask for a token in each step. A file is
only for who already holds the client's secret: it is encrypted with a key made from that secret, in a
folder that nobody else may enter. See docs/decisions/0052-tokens-are-kept-on-disk.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
import time
from base64 import urlsafe_b64encode
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

__all__ = ["Token", "TokenCache"]

#: A token that ends this soon is not used any more: the request takes time, and clocks differ.
_LEEWAY_S = 30.0

_in_process: dict[str, Token] = {}


class Token(NamedTuple):
    """
    An access token.

    :param expires_at: seconds since 1970; None when the service did not tell
    """

    value: str
    expires_at: float | None

    def is_fresh(self) -> bool:
        """Tell whether it can still be used."""
        return self.expires_at is None or self.expires_at - _LEEWAY_S > time.time()


class TokenCache:
    """
    The token of one client, for one purpose.

    :param identity: all that the token depends on: connection, address of the token service, client id, scope
    :param secret: the client's secret; another one finds nothing
    :param folder: where files lie; None keeps tokens in this process only
    """

    def __init__(self, *, identity: list[str], secret: str, folder: Path | None) -> None:
        material = json.dumps(identity).encode()
        self._name = hashlib.sha256(material + b"\0" + secret.encode()).hexdigest()
        # One file for each client: it is replaced when the secret changes, not left behind.
        self._path = folder / hashlib.sha256(material).hexdigest() if folder is not None else None
        self._secret = secret
        self._salt = material

    def read(self) -> Token | None:
        """Return a token that can still be used; None when there is none."""
        token = _in_process.get(self._name) or self._read_file()
        if token is None or not token.is_fresh():
            return None
        _in_process[self._name] = token
        return token

    def write(self, token: Token) -> None:
        """Keep a token; on disk only if it is known when it ends."""
        _in_process[self._name] = token
        if self._path is None or token.expires_at is None or not _own_folder(self._path.parent):
            return
        content = self._cipher().encrypt(json.dumps(token._asdict()).encode())
        with suppress(OSError):  # A full or read-only disk makes steps slower, not wrong.
            handle, temporary = tempfile.mkstemp(dir=self._path.parent)  # mode 0600
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                Path(temporary).replace(self._path)
            except OSError:
                Path(temporary).unlink(missing_ok=True)
                raise

    def drop(self, token: Token) -> None:
        """
        Forget a token that the service has refused.

        :param token: a newer one, which another process has written meanwhile, stays
        """
        if _in_process.get(self._name) == token:
            del _in_process[self._name]
        if self._path is not None and self._read_file() == token:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _read_file(self) -> Token | None:
        if self._path is None or not _own_folder(self._path.parent, make=False):
            return None
        from cryptography.fernet import InvalidToken

        try:
            kept = json.loads(self._cipher().decrypt(self._path.read_bytes()))
            return Token(str(kept["value"]), float(kept["expires_at"]))
        except (OSError, InvalidToken, ValueError, KeyError, TypeError):
            return None  # Nothing there, another secret, or damaged: all the same.

    def _cipher(self) -> Fernet:
        from cryptography.fernet import Fernet
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        derive = HKDF(hashes.SHA256(), length=32, salt=self._salt, info=b"flowforge token cache")
        return Fernet(urlsafe_b64encode(derive.derive(self._secret.encode())))


def _own_folder(folder: Path, *, make: bool = True) -> bool:
    """Tell whether a folder is there that only this user can enter, after making it where needed."""
    try:
        if make:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
