"""Who watches: what they may see, and how long their token lets them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from anyio import to_thread

from flowforge_provider.api.security import is_allowed, readable_workflow_ids

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
    from starlette.requests import Request

__all__ = ["Viewer"]

# How long it may take until a right that was taken away, or a sign-out, ends what a viewer sees.
_RIGHTS_KEPT_S = 30.0
_USER_KEPT_S = 300.0


class Viewer:
    """
    The user behind one stream.

    :param request: carries the token
    :param user: as the request was let in
    """

    def __init__(self, request: Request, user: BaseUser) -> None:
        self.id = str(user.get_id())
        self._token = _token_of(request)
        self._user = user
        self._expires_at = _expiry(self._token)
        self._checked_at = time.monotonic()
        self._rights: dict[str, bool] = {}
        self._rights_from = time.monotonic()

    async def is_signed_in(self) -> bool:
        """Tell whether the token still lets the user in."""
        if self._expires_at is not None and time.time() >= self._expires_at:
            return False
        if self._token is None or time.monotonic() - self._checked_at < _USER_KEPT_S:
            return True
        from airflow.api_fastapi.app import get_auth_manager
        from jwt import InvalidTokenError

        try:
            self._user = await get_auth_manager().get_user_from_token(self._token)
        except InvalidTokenError:
            return False
        self._checked_at = time.monotonic()
        return await to_thread.run_sync(self._may_read)

    async def readable(self, workflow_ids: Iterable[str]) -> set[str]:
        """Return those of some workflows that the user may see now."""
        if time.monotonic() - self._rights_from > _RIGHTS_KEPT_S:
            self._rights, self._rights_from = {}, time.monotonic()
        wanted = set(workflow_ids)
        unknown = wanted - self._rights.keys()
        if unknown:
            allowed = await to_thread.run_sync(self._ask, unknown)
            self._rights.update((workflow_id, workflow_id in allowed) for workflow_id in unknown)
        return {workflow_id for workflow_id in wanted if self._rights[workflow_id]}

    def _ask(self, workflow_ids: set[str]) -> set[str]:
        return readable_workflow_ids(user=self._user, workflow_ids=workflow_ids)

    def _may_read(self) -> bool:
        return is_allowed(user=self._user, action="read")


def _token_of(request: Request) -> str | None:
    from airflow.api_fastapi.auth.managers.base_auth_manager import COOKIE_NAME_JWT_TOKEN

    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return given.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE_NAME_JWT_TOKEN)


def _expiry(token: str | None) -> float | None:
    """Return when a token ends, in seconds since 1970. It was verified when the request was let in."""
    import jwt

    if token is None:
        return None
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return None
    expires = claims.get("exp")
    return float(expires) if isinstance(expires, (int, float)) else None
