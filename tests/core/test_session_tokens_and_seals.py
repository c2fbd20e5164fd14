"""What only this app can make: passes and sealed values. Everything else is refused, whatever it looks like."""

from __future__ import annotations

import base64
import json
import os
import random
import string
import uuid
from collections.abc import Callable, Iterator

import jwt
import pytest

from valetkey import Secret, SettingsError
from valetkey.crypto.entropy import is_guessable
from valetkey.crypto.keys import Keys, Sealer
from valetkey.sessions.cache import SessionCache
from valetkey.sessions.tokens import TYPE, SessionTokens, TokenClaims, require_library

NEW, OLD = (
    Secret("wVlFktnx069Wz77zuigGGqfXLLwVJVyvFcHlmxZzxJOkia6D"),
    Secret("dhudIQTey1bxxORpC67nww0xWuDjMR4mv5iobpWhOtL5mYQD"),
)
AUDIENCE = "https://app.example"
STATED = TokenClaims(session_id="s" * 22, account_id="a" * 22, opened_at=1_700_000_000, expires_at=1_800_000_000)


def passes(*secrets: Secret, audience: str = AUDIENCE) -> SessionTokens:
    return SessionTokens(Keys(secrets or (NEW, OLD)), audience)


def test_a_session_token_is_the_same_bytes_each_time() -> None:
    assert passes().mint(STATED) == passes().mint(STATED)
    assert passes().read(passes().mint(STATED)) == STATED


@pytest.mark.parametrize("audience", [AUDIENCE, "https://äpp.example", 'https://"app"'])
def test_a_session_token_is_the_one_that_pyjwt_writes(audience: str) -> None:
    """To the octet, so that nodes of different releases give one session one token."""
    key_id, key = Keys((NEW, OLD)).subkeys("pass")[0]
    payload = {"iss": audience, "aud": audience, "sub": "a" * 22, "jti": "s" * 22, "iat": 1_700_000_000}
    theirs = jwt.encode({**payload, "exp": 1_800_000_000}, key, "HS256", headers={"kid": key_id.hex(), "typ": TYPE})
    assert passes(audience=audience).mint(STATED) == theirs


def test_an_old_secret_still_reads_and_a_lost_one_does_not() -> None:
    text = passes(OLD).mint(STATED)
    assert passes(NEW, OLD).read(text) == STATED
    assert passes(NEW).read(text) is None


def test_another_app_under_the_same_secret_is_another_app() -> None:
    assert passes(audience="https://other.example").read(passes().mint(STATED)) is None


def forged() -> Iterator[tuple[str, str]]:
    """Some two hundred texts that are not a pass, each from one that is."""
    key_id, key = Keys((NEW, OLD)).subkeys("pass")[0]
    honest = passes().mint(STATED)
    claims = jwt.decode(honest, options={"verify_signature": False})
    header = {"kid": key_id.hex(), "typ": TYPE}

    def signed(claims: object, headers: dict[str, object], algorithm: str = "HS256", under: bytes = key) -> str:
        parts = [{"alg": algorithm, **headers}, claims]
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
        digest = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}.get(algorithm)
        import hmac

        mac = hmac.digest(under, b".".join(encoded), digest) if digest else b""
        return b".".join((*encoded, base64.urlsafe_b64encode(mac).rstrip(b"="))).decode()

    assert passes().read(signed(claims, header)) == STATED  # the control: the forger knows how
    yield from (
        (f"alg {name}", signed(claims, header, name))
        for name in ("none", "None", "NONE", "", "HS384", "HS512", "RS256", "ES256")
    )
    for typ in ("JWT", "at+jwt", "", None, "VALETKEY-PASS+JWT", TYPE + " ", 5, [TYPE]):
        yield f"typ {typ}", signed(claims, {**header, "typ": typ})
    for kid in ("", "0" * 12, "../key", None, 5, [key_id.hex()], {"a": 1}, key_id.hex().upper() + "x"):
        yield f"kid {kid}", signed(claims, {**header, "kid": kid})
    for extra in ({"crit": ["exp"]}, {"crit": []}, {"b64": False, "crit": ["b64"]}):
        yield f"header {extra}", signed(claims, {**header, **extra})
    for name in claims:
        yield f"without {name}", signed({key: value for key, value in claims.items() if key != name}, header)
        for value in (
            None,
            "",
            [],
            {},
            True,
            -1.5,
            "other",
            ["https://app.example"],
            10**400 if name in ("iat", "exp") else "x",
        ):
            if claims[name] != value and not (name in ("sub", "jti") and isinstance(value, str) and value):
                yield f"{name} {str(value)[:20]}", signed({**claims, name: value}, header)
    other_key = Keys((NEW, OLD)).subkeys("login")[0][1]
    yield "the subkey of another purpose", signed(claims, header, under=other_key)
    yield "the secret itself", signed(claims, header, under=NEW.reveal().encode())
    yield "claims that are a list", signed([claims], header)
    draw = random.Random(37)
    for number in range(80):
        at = draw.randrange(len(honest))
        other = draw.choice("AZaz09-_.=+/ \n")
        altered = honest[:at] + other + honest[at + 1 :]
        if altered != honest:
            yield f"altered {number}", altered
    for text in (
        "",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c",
        honest + ".",
        "." + honest,
        honest + "A",
        honest * 3,
        honest[:-1],
        "x" * 100_000,
        "é.é.é",
        honest.replace(".", ""),
    ):
        yield f"text {text[:12]}", text


def test_nothing_else_is_a_pass() -> None:
    every = list(forged())
    assert len(every) >= 180
    assert [name for name, text in every if passes().read(text) is not None] == []


def spellings(honest: str) -> Iterator[str]:
    """Other texts that a lenient decoder reads as the same token."""
    parts = honest.split(".")
    for at, part in enumerate(parts):
        others = [part + "=" * count for count in (1, 2, 3)]
        others += [
            part[:place] + char + part[place:] for place in (0, 5, len(part)) for char in "!~$ \n\t\r\0=:%*ü\xa0"
        ]
        others += [part.replace("-", "+").replace("_", "/"), part + "A", f'"{part}"']
        # The last character's unused bits: one character in 4 or in 16 means the same octets.
        others += [
            part[:-1] + char for char in BASE64URL if char != part[-1] and octets(part[:-1] + char) == octets(part)
        ]
        yield from (".".join((*parts[:at], other, *parts[at + 1 :])) for other in others if other != part)
    yield from (honest + "\n", " " + honest, honest + ".", honest + "." + parts[2], honest.replace(".", "..", 1))


BASE64URL = string.ascii_letters + string.digits + "-_"


def octets(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def lenient_decode(part: bytes) -> bytes:
    """As PyJWT's own decoder was before 2.14: it skips what is not of the alphabet."""
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


@pytest.mark.parametrize("decode", [None, lenient_decode], ids=["as installed", "lenient"])
def test_a_session_token_has_one_spelling_whatever_the_library_reads(
    decode: Callable[[bytes], bytes] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one session has any number of them, and each takes the place of somebody's in the session cache."""
    if decode is not None:
        monkeypatch.setattr("jwt.api_jws.base64url_decode", decode)
    reads, honest = passes(), passes().mint(STATED)
    assert len(honest.split(".")[2]) % 4 != 0  # so that it has unused bits
    every = list(spellings(honest))
    assert len(set(every)) >= 100
    assert [text for text in every if reads.read(text) is not None] == []
    assert reads.read(honest) == STATED


def test_the_session_cache_does_not_grow_by_spellings() -> None:
    from valetkey.http_client.runner import ThreadRunner
    from valetkey.models import Account
    from valetkey.sessions.service import SessionService
    from valetkey.storage.base import Revocations, SessionRow

    row = SessionRow(
        id=STATED.session_id,
        account=Account(id=STATED.account_id, name=None, picture=None),
        login_id="l" * 22,
        opened_at=STATED.opened_at,
        expires_at=STATED.expires_at,
        seen_at=STATED.opened_at,
        presented_at=float(STATED.opened_at),
        live=True,
        read_at=float(STATED.opened_at),
    )

    class OneSession:
        reads = 0

        async def read_session(self, session_id: str) -> SessionRow:
            self.reads += 1
            return row

        async def touch_session(self, session_id: str) -> None: ...

        async def revocations(self) -> Revocations:
            return Revocations(now=float(STATED.opened_at), sessions=frozenset(), cutoffs={}, changed={})

    store, runner, cache = OneSession(), ThreadRunner(), SessionCache()
    sessions = SessionService(store=store, tokens=passes(), runner=runner, cache=cache)  # type: ignore[arg-type]
    honest = passes().mint(STATED)
    assert runner.run(sessions.recognise(honest)) is not None
    assert store.reads == len(cache._sessions) == 1
    for text in spellings(honest):
        assert runner.run(sessions.recognise(text)) is None
    assert store.reads == len(cache._sessions) == 1


@pytest.mark.parametrize("version", ["1.7.1", "2.10.0", "2.13.9", "2.9", "unknown", ""])
def test_an_older_library_is_named_at_start(version: str) -> None:
    with pytest.raises(SettingsError, match=r"2\.14") as refused:
        require_library(version)
    assert f"PyJWT {version}" in str(refused.value)
    for good in ("2.14.0", "2.15.1", "3.0", jwt.__version__):
        require_library(good)


def test_a_sealed_login_is_no_session_token_and_a_session_token_no_login() -> None:
    keys = Keys((NEW,))
    sealed = Sealer(keys, "login").seal({"kind": "pending"}, "A" * 22)
    assert passes(NEW).read(sealed) is None
    assert Sealer(keys, "login").open(passes(NEW).mint(STATED), "A" * 22) is None


def test_what_version_0_1_signed_and_sealed_is_still_good() -> None:
    """An update of the app signs no user out, and ends no login that is under way."""
    header = "eyJhbGciOiJIUzI1NiIsImtpZCI6IjcxZTJiYWExYzY1ZiIsInR5cCI6InZhbGV0a2V5LXBhc3Mrand0In0"
    claims = (
        "eyJpc3MiOiJodHRwczovL2FwcC5leGFtcGxlIiwiYXVkIjoiaHR0cHM6Ly9hcHAuZXhhbXBsZSIsInN1YiI6ImFhYWFhYWFhYWFhYWFhYWFh"
        "YWFhYWEiLCJqdGkiOiJzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3NzIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE4MDAwMDAwMDB9"
    )
    token = f"{header}.{claims}.BhBiZqBgyZgB9xZeJCQfQjQYP7WDVSk8Lm52mVERN_Q"
    assert passes(NEW).read(token) == STATED
    assert passes(NEW).mint(STATED) == token
    sealed = "ceK6ocZf-pOrXDQ79PPrNqFICRnG8ZvLgrCIT04xEmwwLXIEJA63oJqeJ64"
    assert Sealer(Keys((NEW,)), "login").open(sealed, "here") == {"a": "ü"}


def test_a_seal_opens_in_its_place_under_its_purpose_only() -> None:
    keys = Keys((NEW,))
    sealed = Sealer(keys, "login").seal({"a": "ü"}, "here")
    assert Sealer(keys, "login").open(sealed, "here") == {"a": "ü"}
    assert Sealer(keys, "login").open(sealed, "there") is None
    assert Sealer(keys, "other").open(sealed, "here") is None
    assert Sealer(Keys((OLD,)), "login").open(sealed, "here") is None
    assert Sealer(Keys((OLD, NEW)), "login").open(sealed, "here") == {"a": "ü"}


def test_a_seal_never_repeats() -> None:
    sealer = Sealer(Keys((NEW,)), "login")
    assert len({sealer.seal({"a": 1}, "here") for _ in range(1000)}) == 1000


def test_every_altered_bit_is_noticed() -> None:
    sealer = Sealer(Keys((NEW,)), "login")
    sealed = sealer.seal({"a": 1}, "here")
    raw = bytearray(base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)))
    for at in range(len(raw)):
        altered = bytes(raw[:at]) + bytes([raw[at] ^ 1]) + bytes(raw[at + 1 :])
        assert sealer.open(base64.urlsafe_b64encode(altered).decode().rstrip("="), "here") is None


WEAK = [
    *("", "short", "password" * 2, "0" * 31),
    *("a" * 64, "changeme" * 6, "password" * 8, "0123456789" * 4, "abc123" * 10, "aB3$xY7!" * 5, "deadbeef" * 8),
    *("00000000-0000-0000-0000-000000000000", "1234567890abcdef1234567890abcdef", string.ascii_letters),
    *("qwertyuiopasdfghjklzxcvbnm1234567890", "Password123!Password123!Password123!"),
    "this is a very long secret phrase that nobody is going to guess",
    "this is a very long secret phrase that nobody is going to guess, "
    + "and it goes on and on, for a length alone proves little",
    "correct horse battery staple correct horse battery",
    *("replace-me-with-a-random-secret-of-32-bytes", "your_secret_key_goes_here_and_is_long"),
    *("MySuperSecretKey2024ForTheWebApplication", "THIS-IS-THE-SECRET-OF-THE-APPLICATION-2024"),
    *("dies ist ein sehr langes geheimnis das niemand kennt", "очень длинный и очень тайный секрет"),
]


@pytest.mark.parametrize("weak", WEAK)
def test_a_weak_secret_is_refused(weak: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Keys((Secret(weak),))
    assert "valetkey secret" in str(refused.value)
    assert not weak or weak not in str(refused.value)


DJANGOS = "abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)"
DRAWN: dict[str, Callable[[random.Random], str]] = {
    "valetkey secret": lambda draw: base64.urlsafe_b64encode(draw.randbytes(32)).rstrip(b"=").decode(),
    "hex": lambda draw: draw.randbytes(32).hex(),
    "upper hex": lambda draw: draw.randbytes(32).hex().upper(),
    "two uuids": lambda draw: (
        f"{uuid.UUID(bytes=draw.randbytes(16), version=4)}{uuid.UUID(bytes=draw.randbytes(16), version=4)}"
    ),
    "base64": lambda draw: base64.b64encode(draw.randbytes(32)).decode(),
    "base32": lambda draw: base64.b32encode(draw.randbytes(32)).decode(),
    "Django's get_random_secret_key": lambda draw: "".join(draw.choices(DJANGOS, k=50)),
    "a kilobyte in hex": lambda draw: draw.randbytes(1024).hex(),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_what_was_drawn_is_never_refused(kind: str) -> None:
    """Two thousand of each here; ``VALETKEY_SECRETS_DRAWN=100000`` for the long form."""
    draw = random.Random(7 * len(kind))
    count = int(os.environ.get("VALETKEY_SECRETS_DRAWN", "2000")) // (20 if "kilobyte" in kind else 1)
    assert [text for text in (DRAWN[kind](draw) for _ in range(count)) if is_guessable(text)] == []


def test_none_or_the_same_twice_is_refused() -> None:
    for secrets in ((), (NEW, NEW)):
        with pytest.raises(SettingsError):
            Keys(secrets)
