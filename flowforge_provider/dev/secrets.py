"""Secrets of a development instance, made once and kept in its AIRFLOW_HOME, readable by their owner only."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets as random
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME = "flowforge-dev-secrets.json"


@dataclass(frozen=True)
class Secrets:
    """
    What a development instance signs and encrypts with.

    :param fernet_key: encrypts the passwords of Connections
    :param api_secret_key: signs the cookies of the web UI
    :param jwt_secret: signs the tokens of users, tasks and bundles
    """

    fernet_key: str
    api_secret_key: str
    jwt_secret: str


def make_secrets() -> Secrets:
    """Return new random secrets."""
    return Secrets(
        fernet_key=base64.urlsafe_b64encode(random.token_bytes(32)).decode(),
        api_secret_key=random.token_urlsafe(32),
        # HS512, Airflow's choice, wants a key of 64 bytes or more.
        jwt_secret=random.token_urlsafe(64),
    )


def load_secrets(home: Path) -> Secrets:
    """
    Read the secrets of an Airflow home; make and keep them first when there are none.

    :param home: AIRFLOW_HOME, an existing folder
    """
    path = home / FILE_NAME
    known: dict[str, str] = {}
    with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
        known = json.loads(path.read_text())
    names = {field.name for field in fields(Secrets)}
    # Kept secrets win over new ones: a file of an older version gains what it lacks and changes nothing else.
    result = Secrets(**{**asdict(make_secrets()), **{k: v for k, v in known.items() if k in names}})
    if asdict(result) != known:
        write_private(path, json.dumps(asdict(result), indent=2) + "\n")
    return result


def write_private(path: Path, text: str) -> None:
    """
    Replace a file in one step by one that only its owner can read.

    :param path: the file
    :param text: its new content
    """
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    temporary.replace(path)
