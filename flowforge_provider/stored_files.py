"""
Files that came in with a delivery, as steps read them.

A task has no database, so it asks the api-server, with a token that only it can sign. The id of a file is
128 random bits and appears nowhere but in the data of runs: who has it has been given the file, also as a
workflow that another one has started.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from flowforge_provider.exceptions import StepError

__all__ = ["contents_of", "fetch_content"]


def fetch_content(file_id: str, *, filename: str) -> bytes:
    """
    Return what a file holds.

    :param filename: for the error
    :raises StepError: it is gone (``file-gone``), or the api-server cannot be reached
    """
    from flowforge_provider.bundles.client import BundleFetchError, api_url, ask, has_database
    from flowforge_provider.bundles.tokens import BundleTokenError, sign_file_token

    if has_database():
        return _read(file_id, filename=filename)
    try:
        answer = ask(f"{api_url()}/files/{file_id}/content", sign=lambda: sign_file_token(file_id))
    except BundleFetchError as error:
        if error.status == 404:
            raise _gone(filename) from error
        raise StepError(
            f'The file "{filename}" could not be fetched. {error.message}',
            code="file-unreachable",
            kind="connection",
        ) from error
    except BundleTokenError as error:
        raise StepError(error.message, code=error.error_code, retryable=False) from error
    return answer.content


def contents_of(value: Any) -> dict[str, str]:
    """
    Fetch all files that a value refers to, for a process that cannot.

    :param value: any JSON
    :return: file id -> Base64
    :raises StepError: as ``fetch_content``
    """
    from flowforge_provider.files import is_reference

    found: dict[str, str] = {}
    level = [value]
    while level:
        item = level.pop()
        if is_reference(item):
            if item["file_id"] not in found:
                content = fetch_content(item["file_id"], filename=item["filename"])
                found[item["file_id"]] = b64encode(content).decode("ascii")
        elif isinstance(item, dict):
            level.extend(item.values())
        elif isinstance(item, list):
            level.extend(item)
    return found


def _read(file_id: str, *, filename: str) -> bytes:
    from airflow.utils.session import create_session

    from flowforge_provider.store.files import find_content

    with create_session(scoped=False) as session:
        content = find_content(file_id, session)
    if content is None:
        raise _gone(filename)
    return content


def _gone(filename: str) -> StepError:
    return StepError(
        f'The file "{filename}" is not stored any more: files are kept as long as the delivery that they '
        "came with. Have it sent again, or keep deliveries longer.",
        code="file-gone",
        retryable=False,
    )
