"""What only this app can make: passes and sealed values. Everything else is refused, whatever it looks like."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator

import jwt
import pytest

from valetkey import Secret, SettingsError
from valetkey.passes import TYPE, Pass, Passes
from valetkey.seal import Keys, Sealer

NEW, OLD = (
    Secret("the newest secret, with thirty-two bytes and more 01"),
    Secret("the older secret, with thirty-two bytes and more 99"),
)
AUDIENCE = "https://app.example"
STATED = Pass(session_id="s" * 22, account_id="a" * 22, opened_at=1_700_000_000, expires_at=1_800_000_000)


def passes(*secrets: Secret, audience: str = AUDIENCE) -> Passes:
    return Passes(Keys(secrets or (NEW, OLD)), audience)


def test_a_pass_is_the_same_bytes_each_time() -> None:
    assert passes().mint(STATED) == passes().mint(STATED)
    assert passes().read(passes().mint(STATED)) == STATED


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
    believed = [name for name, text in every if passes().read(text) is not None]
    # The last character of base64 has bits that say nothing: another spelling of the same signature is no forgery.
    assert [name for name in believed if not name.startswith("altered")] == []
    for name, text in every:
        assert passes().read(text) in (None, STATED), name


def test_a_sealed_login_is_no_pass_and_a_pass_no_login() -> None:
    keys = Keys((NEW,))
    sealed = Sealer(keys, "login").seal({"kind": "pending"}, "A" * 22)
    assert passes(NEW).read(sealed) is None
    assert Sealer(keys, "login").open(passes(NEW).mint(STATED), "A" * 22) is None


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


@pytest.mark.parametrize("weak", ["", "short", "a" * 64, "password" * 2, "0" * 31])
def test_a_weak_secret_is_refused(weak: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Keys((Secret(weak),))
    assert "valetkey secret" in str(refused.value)


def test_none_or_the_same_twice_is_refused() -> None:
    for secrets in ((), (NEW, NEW)):
        with pytest.raises(SettingsError):
            Keys(secrets)
