"""
Data in a run's configuration that only FlowForge itself may have put there.

Whoever may start a Dag in Airflow chooses its configuration. What makes a step do something else than the
workflow says is therefore signed, with the key that workers and api-servers share.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from flowforge_provider.exceptions import StepError

__all__ = ["seal", "unseal"]

_CONTEXT = b"flowforge sealed conf v1"


def seal(value: Any, *, purpose: str, dag_id: str, run_id: str) -> dict[str, str]:
    """
    Return a value as JSON text with its signature, which holds for one purpose of one run.

    :param value: JSON
    :raises BundleTokenError: no secret is configured; code ``bundle-secret-missing``
    """
    # A text, because databases write numbers in their own way.
    text = json.dumps(value, allow_nan=False)
    return {"json": text, "signature": _sign(text, purpose, dag_id, run_id)}


def unseal(sealed: Any, *, purpose: str, dag_id: str, run_id: str) -> Any:
    """
    Return the value that was sealed.

    :raises StepError: it was not sealed by FlowForge, or for something else; code ``conf-not-sealed``
    """
    text = sealed.get("json") if isinstance(sealed, dict) else None
    signature = sealed.get("signature") if isinstance(sealed, dict) else None
    if not isinstance(text, str) or not isinstance(signature, str):
        raise _refused()
    if not hmac.compare_digest(signature.encode(), _sign(text, purpose, dag_id, run_id).encode()):
        raise _refused()
    return json.loads(text)


def _sign(text: str, *names: str) -> str:
    from flowforge_provider.bundles.tokens import signing_key

    key = hmac.digest(signing_key(), _CONTEXT, hashlib.sha256)
    return hmac.new(key, json.dumps([*names, text]).encode(), hashlib.sha256).hexdigest()


def _refused() -> StepError:
    return StepError(
        "The configuration of this run was not made by FlowForge, or its api-servers and workers do not "
        "share [api_auth] jwt_secret (or [flowforge] bundle_secret). Start it in FlowForge.",
        code="conf-not-sealed",
        retryable=False,
    )
