"""Sets of public keys (JWKS, RFC 7517) that identity services publish, fetched and remembered."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from flowforge_provider.exceptions import StepError
from flowforge_provider.inbox.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["KEY_SETS", "Key", "KeySets", "fetch_key_set", "read_key_set"]

log = logging.getLogger(__name__)

# Seconds that a set is used for; afterwards it is fetched anew. A key that a service has withdrawn counts for
# as long, and for _STALE_S where the service cannot be reached.
_FRESH_S = 600
_STALE_S = 3600
# Seconds between two fetches of one set, so that strangers' tokens with made-up key ids cannot make us a
# burden to the service.
_PAUSE_S = 30
_MAX_BYTES = 512 * 1024
_MAX_KEYS = 100
_MEMORY_SIZE = 200
# Keys of these kinds, by the algorithms that they are for. Symmetric keys have no place in a public set.
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


class Key(NamedTuple):
    """
    A public key of a set.

    :param algorithm: the only one that it may be used with; empty when the set does not say
    """

    id: str
    kind: str
    algorithm: str
    key: Any


@dataclass
class _Remembered:
    keys: Sequence[Key] | None = None
    fetched_at: float = float("-inf")
    tried_at: float = float("-inf")


class KeySets:
    """
    Find keys by id, and fetch each set seldom, in a thread, once for all who wait.

    :param fetch: address -> keys; blocks
    :param clock: seconds, growing
    """

    def __init__(
        self,
        *,
        fetch: Callable[[str], Sequence[Key]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch or fetch_key_set
        self._clock = clock
        self._memory: OrderedDict[str, _Remembered] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def find(self, url: str, *, algorithm: str, key_id: Any) -> Sequence[Any]:
        """
        Return the keys that a token may be signed with; more than one when it names none.

        :raises RefusedError: 503 the set cannot be fetched
        """
        keys = await self._keys(url, max_age_s=_FRESH_S)
        found = _choose(keys, algorithm=algorithm, key_id=key_id)
        if not found:
            # The service may have made a new key a moment ago.
            found = _choose(await self._keys(url, max_age_s=_PAUSE_S), algorithm=algorithm, key_id=key_id)
        return found

    def forget(self) -> None:
        """Empty the memory, for tests."""
        self._memory.clear()

    async def _keys(self, url: str, *, max_age_s: float) -> Sequence[Key]:
        known = self._memory.setdefault(url, _Remembered())
        self._memory.move_to_end(url)
        while len(self._memory) > _MEMORY_SIZE:
            self._memory.popitem(last=False)
        now = self._clock()
        if now - known.fetched_at >= max_age_s and now - known.tried_at >= _PAUSE_S:
            await self._refresh(url, known)
        if known.keys is None or self._clock() - known.fetched_at > _STALE_S:
            raise RefusedError(
                503,
                "webhook-keys-unavailable",
                "The keys that tokens are signed with cannot be fetched at present. Send the delivery again.",
                headers={"Retry-After": str(_PAUSE_S)},
            )
        return known.keys

    async def _refresh(self, url: str, known: _Remembered) -> None:
        task = self._under_way.get(url)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            task = asyncio.get_running_loop().create_task(self._fetch_into(url, known))
            self._under_way[url] = task
            task.add_done_callback(lambda _: self._under_way.pop(url, None))
        # One sender that goes away must not end the fetch of all who wait.
        await asyncio.shield(task)

    async def _fetch_into(self, url: str, known: _Remembered) -> None:
        try:
            known.keys = await asyncio.to_thread(self._fetch, url)
            known.fetched_at = self._clock()
        except (StepError, ValueError) as exc:
            log.warning("The set of keys at %s cannot be used: %s", url, exc)
        finally:
            known.tried_at = self._clock()


def fetch_key_set(url: str) -> Sequence[Key]:
    """
    Fetch a set through the guard of outgoing requests.

    :raises StepError: the address is refused, or the service does not answer
    :raises ValueError: the answer is no set of keys
    """
    from flowforge_provider.hooks.guarded import Timeouts, fetch_file

    file = fetch_file(url, max_bytes=_MAX_BYTES, timeouts=Timeouts(connect_s=3, read_s=5, total_s=8))
    return read_key_set(file.content)


def read_key_set(content: bytes) -> Sequence[Key]:
    """
    Return the public keys of a set; keys that cannot be used here are left out.

    :raises ValueError: it is no set, or holds no key that can be used
    """
    from jwt import PyJWK, PyJWTError

    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise ValueError("the answer is no JSON") from exc
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise ValueError('the answer is no set of keys: it has no list "keys"')
    keys = []
    for entry in entries[:_MAX_KEYS]:
        if not isinstance(entry, dict) or entry.get("kty") not in _KINDS.values():
            continue
        if entry.get("use", "sig") != "sig" or "d" in entry:
            continue
        try:
            key = PyJWK.from_dict(entry)
        except (PyJWTError, ValueError, TypeError, KeyError):
            continue
        keys.append(Key(str(entry.get("kid", "")), entry["kty"], str(entry.get("alg", "")), key.key))
    if not keys:
        raise ValueError("the set holds no public key that can be used")
    return keys


def _choose(keys: Sequence[Key], *, algorithm: str, key_id: Any) -> Sequence[Any]:
    kind = _KINDS.get(algorithm[:2])
    return [
        key.key
        for key in keys
        if key.kind == kind
        and key.algorithm in ("", algorithm)
        and (not isinstance(key_id, str) or key.id == key_id)
    ]


KEY_SETS = KeySets()
