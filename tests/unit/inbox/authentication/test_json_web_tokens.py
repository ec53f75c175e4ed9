"""JSON Web Tokens: keys of several kinds, and what attackers try."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import warnings
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from flowforge_provider.exceptions import StepError
from flowforge_provider.inbox.authentication import json_web_token
from flowforge_provider.inbox.authentication.key_sets import KeySets, fetch_key_set, read_key_set
from flowforge_provider.inbox.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowforge_provider.inbox.authentication.key_sets import Key
    from flowforge_provider.inbox.incoming import Evidence

JWKS_URL = "https://login.example.com/keys"
SECRET = "a-shared-secret-of-sufficient-length-for-hs256"
KEYS: dict[str, Any] = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "rsa2": rsa.generate_private_key(65537, 2048),
    "ec": ec.generate_private_key(ec.SECP256R1()),
    "ed": ed25519.Ed25519PrivateKey.generate(),
}
ALGORITHMS = {"rsa": "RS256", "rsa2": "RS256", "ec": "ES256", "ed": "EdDSA"}
ALL = {"authentication": "jwt", "jwt_algorithms": ["HS256", "RS256", "PS256", "ES256", "EdDSA"]}


def _pem(name: str) -> str:
    key = KEYS[name].public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return str(key.public_bytes(serialization.Encoding.PEM, form).decode())


def _jwk(name: str, **fields: Any) -> dict[str, Any]:
    kind: Any = {"rsa": RSAAlgorithm, "rsa2": RSAAlgorithm, "ec": ECAlgorithm, "ed": OKPAlgorithm}[name]
    return {**json.loads(kind.to_jwk(KEYS[name].public_key())), "kid": name, "use": "sig", **fields}


def _token(
    name: str, claims: dict[str, Any] | None = None, *, algorithm: str | None = None, kid: str | None = None
) -> str:
    key = KEYS.get(name, SECRET)
    return jwt.encode(
        {"exp": int(time.time()) + 60, **(claims or {})},
        key,
        algorithm=algorithm or ALGORITHMS.get(name, "HS256"),
        headers={"kid": kid} if kid else None,
    )


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _refused(knock: Callable[..., Evidence], *args: Any, **options: Any) -> str:
    with pytest.raises(RefusedError) as caught:
        knock(*args, **options)
    assert (caught.value.status, caught.value.error_code) == (401, "webhook-jwt-wrong")
    return str(caught.value)


@pytest.fixture
def key_set(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the service publishes at present."""
    published = [_jwk("rsa"), _jwk("ec"), _jwk("ed")]
    sets = KeySets(fetch=lambda _: read_key_set(json.dumps({"keys": published}).encode()))
    monkeypatch.setattr(json_web_token, "KEY_SETS", sets)
    return published


@pytest.mark.parametrize("name", ["rsa", "ec", "ed"])
def test_public_keys_verify(knock: Callable[..., Evidence], key_set: Any, name: str) -> None:
    evidence = knock(ALL, _bearer(_token(name)), extra={"public_key": _pem(name)})
    assert evidence.secret_headers == {"authorization"}
    knock(ALL, _bearer(_token(name, kid=name)), extra={"jwks_url": JWKS_URL})
    knock(ALL, _bearer(_token(name)), extra={"jwks_url": JWKS_URL})
    # The form of Airflow's connections may keep a text on one line.
    one_line = _pem(name).replace("\n", "\\n")
    knock(ALL, _bearer(_token(name)), extra={"public_key": one_line})


def test_a_second_public_key_counts_too(knock: Callable[..., Evidence]) -> None:
    extra = {"public_key": _pem("rsa"), "previous_public_key": _pem("rsa2")}
    for name in ("rsa", "rsa2"):
        knock(ALL, _bearer(_token(name)), extra=extra)
    _refused(knock, ALL, _bearer(_token("rsa2")), extra={"public_key": _pem("rsa")})


def test_no_algorithm_is_none(knock: Callable[..., Evidence]) -> None:
    claims = {"exp": int(time.time()) + 60}
    for spelling in ("none", "None", "NONE", "nOnE", ""):
        header = base64.urlsafe_b64encode(json.dumps({"alg": spelling, "typ": "JWT"}).encode()).decode()
        body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
        token = f"{header.rstrip('=')}.{body.rstrip('=')}."
        _refused(knock, ALL, _bearer(token), SECRET, extra={"public_key": _pem("rsa")})


def test_a_public_key_is_never_a_shared_secret(knock: Callable[..., Evidence], key_set: Any) -> None:
    # The classic confusion: HS256, keyed with the text of the public key, which everybody knows.
    header = {"alg": "HS256", "typ": "JWT", "kid": "rsa"}
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in (header, {"exp": int(time.time()) + 60})
    ]
    signed = ".".join(parts).encode()
    for key in (_pem("rsa"), _pem("rsa").strip(), json.dumps(_jwk("rsa")), SECRET):
        digest = hmac.new(key.encode(), signed, hashlib.sha256).digest()
        token = ".".join([*parts, base64.urlsafe_b64encode(digest).decode().rstrip("=")])
        for extra in ({"public_key": _pem("rsa")}, {"jwks_url": JWKS_URL}):
            if key is SECRET:
                knock(ALL, _bearer(token), SECRET, extra=extra)
            else:
                _refused(knock, ALL, _bearer(token), SECRET, extra=extra)


def test_a_symmetric_key_in_a_public_set_is_no_key() -> None:
    symmetric = {"kty": "oct", "kid": "o", "k": base64.urlsafe_b64encode(b"k" * 32).decode(), "alg": "HS256"}
    private = {**_jwk("rsa"), "d": "AQAB"}
    encryption = _jwk("ec", use="enc")
    keys = read_key_set(json.dumps({"keys": [symmetric, private, encryption, _jwk("rsa2"), 7]}).encode())
    assert [key.id for key in keys] == ["rsa2"]
    with pytest.raises(ValueError, match="no public key"):
        read_key_set(json.dumps({"keys": [symmetric]}).encode())


def test_only_the_allowed_algorithms_count(knock: Callable[..., Evidence], key_set: Any) -> None:
    only_rs = {**ALL, "jwt_algorithms": ["RS256"]}
    knock(only_rs, _bearer(_token("rsa")), extra={"jwks_url": JWKS_URL})
    _refused(knock, only_rs, _bearer(_token("rsa", algorithm="PS256")), extra={"jwks_url": JWKS_URL})
    _refused(knock, only_rs, _bearer(_token("ec")), extra={"jwks_url": JWKS_URL})


def test_a_key_of_another_kind_verifies_nothing(knock: Callable[..., Evidence], key_set: Any) -> None:
    _refused(knock, ALL, _bearer(_token("ec")), extra={"public_key": _pem("rsa")})
    _refused(knock, ALL, _bearer(_token("rsa")), extra={"public_key": _pem("ed")})
    _refused(knock, ALL, _bearer(_token("ec", kid="rsa")), extra={"jwks_url": JWKS_URL})


def test_issuer_audience_and_times_are_checked(knock: Callable[..., Evidence]) -> None:
    asked = {"authentication": "jwt", "jwt_issuer": "https://login/", "jwt_audience": "flowforge"}
    right = {"iss": "https://login/", "aud": ["other", "flowforge"]}
    now = int(time.time())
    knock(asked, _bearer(_token("hs", right)), SECRET)
    knock(asked, _bearer(_token("hs", {**right, "exp": now - 20})), SECRET)
    for change in (
        {"iss": "https://elsewhere/"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"exp": now - 40},
        {"nbf": now + 40},
        {"exp": "soon"},
        {"exp": 1e400},
    ):
        claims = {key: value for key, value in {**right, **change}.items() if value is not None}
        _refused(knock, asked, _bearer(_token("hs", claims)), SECRET)
    strict = {**asked, "clock_tolerance_s": 0}
    assert "expired" in _refused(knock, strict, _bearer(_token("hs", {**right, "exp": now - 20})), SECRET)


def test_a_token_that_never_ends_is_refused(knock: Callable[..., Evidence]) -> None:
    token = jwt.encode({"iss": "x"}, SECRET, algorithm="HS256")
    assert "exp" in _refused(knock, ALL, _bearer(token), SECRET)


def test_a_short_secret_is_the_vendors_choice(knock: Callable[..., Evidence]) -> None:
    # RFC 7518 wishes for more; a warning of the library's must not become a failure.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        token = jwt.encode({"exp": int(time.time()) + 60}, "short", algorithm="HS256")
    knock(ALL, _bearer(token), "short")


def test_another_header_may_carry_it(knock: Callable[..., Evidence]) -> None:
    given = {**ALL, "jwt_header": "X-Goog-Token"}
    knock(given, {"X-Goog-Token": _token("hs")}, SECRET)
    _refused(knock, given, _bearer(_token("hs")), SECRET)


def test_without_a_key_nobody_gets_in(knock: Callable[..., Evidence]) -> None:
    for headers, secrets, extra in (
        (_bearer(_token("rsa")), (SECRET,), {}),
        (_bearer(_token("rsa")), (), {"public_key": "no key"}),
        (_bearer(_token("hs")), (), {"public_key": _pem("rsa")}),
    ):
        with pytest.raises(RefusedError) as caught:
            knock(ALL, headers, *secrets, extra=extra)
        assert caught.value.status == 503


class _Service:
    """A service with keys, which counts how often it is asked."""

    def __init__(self) -> None:
        self.now = 0.0
        self.names: Sequence[str] = ["rsa"]
        self.asked = 0
        self.fails = False
        self.sets = KeySets(fetch=self._fetch, clock=lambda: self.now)

    def _fetch(self, url: str) -> Sequence[Key]:
        self.asked += 1
        if self.fails:
            raise StepError("away", code="http-connection")
        return read_key_set(json.dumps({"keys": [_jwk(name) for name in self.names]}).encode())

    async def find(self, key_id: str) -> int:
        return len(await self.sets.find(JWKS_URL, algorithm="RS256", key_id=key_id))


@pytest.mark.asyncio
async def test_a_set_is_fetched_seldom_and_once_for_all() -> None:
    import asyncio

    service = _Service()
    assert await asyncio.gather(*(service.find("rsa") for _ in range(20))) == [1] * 20
    assert service.asked == 1
    # Made-up ids cannot make us ask again and again.
    for _ in range(50):
        assert await service.find("made up") == 0
    assert service.asked == 1
    service.now += 31
    assert await asyncio.gather(*(service.find("made up") for _ in range(20))) == [0] * 20
    assert service.asked == 2


@pytest.mark.asyncio
async def test_a_new_key_counts_soon_and_a_withdrawn_one_not_for_long() -> None:
    service = _Service()
    assert await service.find("rsa") == 1
    service.names = ["rsa2"]
    service.now += 31
    assert await service.find("rsa2") == 1
    assert await service.find("rsa") == 0


@pytest.mark.asyncio
async def test_a_service_that_is_away_is_done_without_for_an_hour() -> None:
    service = _Service()
    assert await service.find("rsa") == 1
    service.fails = True
    service.now += 3000
    assert await service.find("rsa") == 1
    service.now += 700
    with pytest.raises(RefusedError) as caught:
        await service.find("rsa")
    assert (caught.value.status, caught.value.error_code) == (503, "webhook-keys-unavailable")
    service.fails = False
    service.now += 31
    assert await service.find("rsa") == 1


def test_a_set_in_a_private_network_is_not_fetched() -> None:
    for url in ("http://127.0.0.1:9/keys", "http://169.254.169.254/latest", "file:///etc/passwd"):
        with pytest.raises(StepError):
            fetch_key_set(url)
