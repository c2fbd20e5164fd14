"""C37: a pass is what this app minted, for this purpose, under a key that it still has; nothing that resembles one is.

Hundreds of variants of a good one, each as a bearer and as a cookie. Most are signed with the app's own key, so that it
is not the signature that refuses them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from support.browser import Browser
from support.classic import OLD_SECRET, begun, brought, handed, me, second, world  # noqa: F401  # fixtures
from support.servers import SECRET, App, Provider

from valetkey.crypto import Secret
from valetkey.crypto.keys import Keys

UNLISTED = "Uc7Hq2LxTz0vRj9dWmE4bKaYs6Pg1NfC8oXi3hQt5yVw"
Variants = Iterator[tuple[str, str]]


def coded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(part: str) -> Any:
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def subkey(secret: str, purpose: str = "pass") -> tuple[str, bytes]:
    ((key_id, key),) = Keys([Secret(secret)]).subkeys(purpose)
    return key_id.hex(), key


@dataclass
class Good:
    """A pass that is accepted, taken apart; ``other`` is somebody else's."""

    text: str
    other: str

    def __post_init__(self) -> None:
        self.head, self.body, self.signature = self.text.split(".")
        self.header, self.claims = decoded(self.head), decoded(self.body)
        self.others = decoded(self.other.split(".")[1])
        _, self.key = subkey(SECRET)

    def signed(self, header: object = None, claims: object = None, key: bytes | None = None, by: str = "sha256") -> str:
        text = f"{coded(self.header if header is None else header)}.{coded(self.claims if claims is None else claims)}"
        return f"{text}.{coded(hmac.digest(self.key if key is None else key, text.encode(), by))}"

    def with_header(self, name: str, values: list[object]) -> Variants:
        yield f"{name} missing", self.signed({key: one for key, one in self.header.items() if key != name})
        for value in values:
            yield f"{name}={value!r}", self.signed({**self.header, name: value})

    def with_claim(self, name: str, values: list[object]) -> Variants:
        yield f"{name} missing", self.signed(None, {key: one for key, one in self.claims.items() if key != name})
        for value in values:
            yield f"{name}={value!r}", self.signed(None, {**self.claims, name: value})


def algorithms(good: Good) -> Variants:
    """None, another of the family, another family; signed as ours are, as they say, or not at all."""
    names: list[object] = ["none", "None", "NONE", "nOnE", "", None, 0, "hs256", "HS256 ", "HS384", "HS512", "HS1"]
    names += ["RS256", "ES256", "PS256", "EdDSA", "dir", ["HS256"], {"alg": "HS256"}, True]
    yield from good.with_header("alg", names)
    for name in names:
        head = coded({**good.header, "alg": name})
        yield f"alg={name!r}, no signature", f"{head}.{good.body}."
        yield f"alg={name!r}, the old signature", f"{head}.{good.body}.{good.signature}"
    for name, by in (("HS384", "sha384"), ("HS512", "sha512")):
        yield f"truly {name}", good.signed({**good.header, "alg": name}, by=by)
        yield f"HS256 by {by}", good.signed(by=by)


def headers(good: Good) -> Variants:
    """A pass says that it is one, and under which of our keys; what must be understood is not."""
    kind, key_id = good.header["typ"], good.header["kid"]
    kinds: list[object] = [
        "JWT",
        "jwt",
        "at+jwt",
        "id+jwt",
        "valetkey-login+jwt",
        kind.upper(),
        f"{kind} ",
        "",
        None,
        1,
    ]
    yield from good.with_header("typ", [*kinds, [kind], f"application/{kind}", True])
    ids: list[object] = ["", None, 1, True, [key_id], {"kid": key_id}, key_id.upper() + "0", key_id[:-1], "0" * 12]
    ids += ["../../../../dev/null", "' or '1'='1", "http://evil.test/key", subkey(UNLISTED)[0], subkey(OLD_SECRET)[0]]
    yield from good.with_header("kid", ids)
    for value in ([], ["exp"], ["b64"], ["typ", "kid"], "exp", None, {}, 1):
        yield f"crit={value!r}", good.signed({**good.header, "crit": value})
    yield "b64 false", good.signed({**good.header, "b64": False})
    own = {"kty": "oct", "k": coded(b"k" * 32), "alg": "HS256"}
    for name, value in {"jwk": own, "jku": "http://evil.test/k", "x5u": "http://evil.test/c", "x5c": ["a"]}.items():
        yield f"{name} of one's own", good.signed({**good.header, name: value}, key=b"k" * 32)


def audiences(good: Good) -> Variants:
    """For this app, from this app."""
    ours = good.claims["aud"]
    for name in ("aud", "iss"):
        values: list[object] = ["", None, 1, True, "https://other.example", f"{ours}/", ours.upper(), f" {ours}"]
        yield from good.with_claim(name, [*values, [ours], [ours, "https://other.example"], {"aud": ours}, []])


def times(good: Good) -> Variants:
    """Whole seconds, all of them there, and not over."""
    now = int(time.time())
    values: list[object] = [0, -1, None, "", "soon", str(now + 999), [now + 999], {}, True, 2**40, 2**63, 2**70, 1e300]
    yield from good.with_claim("exp", [*values, now - 1, now - 86400, now + 999.5, float("nan"), float("inf")])
    yield from good.with_claim("iat", [*values, now + 0.5, float("nan")])


def rows(good: Good) -> Variants:
    """A session of that account: text, and both of them the same one's."""
    values: list[object] = ["", None, 1, True, [], ["x"], {}, "x", "x" * 64, "x" * 65, "*", "%", "' or '1'='1", "\0"]
    for name in ("sub", "jti"):
        yield from good.with_claim(name, [*values, good.others[name], [good.claims[name]], good.claims[name] + " "])


def signatures(good: Good) -> Variants:
    """One character off, shorter, longer, or by what is no key of a pass."""
    for at in range(42):  # the last character has bits that stand for nothing
        other = "A" if good.signature[at] != "A" else "B"
        yield (
            f"signature, character {at}",
            f"{good.head}.{good.body}.{good.signature[:at]}{other}{good.signature[at + 1 :]}",
        )
    for length in (0, 1, 4, 16, 40):
        yield f"signature, {length} long", f"{good.head}.{good.body}.{good.signature[:length]}"
    for at in range(0, len(good.body), 16):
        other = "A" if good.body[at] != "A" else "B"
        yield f"claims, character {at}", f"{good.head}.{good.body[:at]}{other}{good.body[at + 1 :]}.{good.signature}"
    keys = {purpose: subkey(SECRET, purpose)[1] for purpose in ("login", "memo", "handoff", "tokens", "key id", "")}
    keys |= {"the secret": SECRET.encode(), "its id": good.header["kid"].encode(), "nothing": b"", "secret": b"secret"}
    keys |= {"hash": hashlib.sha256(SECRET.encode()).digest(), "unlisted": subkey(UNLISTED)[1]}
    for name, key in keys.items():
        yield f"key: {name}", good.signed(key=key)
    key_id, key = subkey(UNLISTED)
    yield "an old key, by its own id", good.signed({**good.header, "kid": key_id}, key=key)


def shapes(good: Good) -> Variants:
    """Not three parts, not of objects, not in this coding, too long."""
    text, (head, body, signature) = good.text, good.text.split(".")
    yield from enumerate_as(
        "shape",
        [
            "x",
            ".",
            "..",
            "...",
            head,
            f"{head}.{body}",
            f"{head}..{signature}",
            f".{body}.{signature}",
            f"{text}.",
            f".{text}",
        ],
    )
    yield from enumerate_as(
        "parts",
        [f"{text}.{signature}", f"{text}.{signature}.{signature}", f"{head}.{text}", f"{text},{text}", text * 2],
    )
    yield from enumerate_as(
        "coding",
        [
            f"{head}.{body}.{b64encode(signature.encode()).decode()}",
            json.dumps({"protected": head, "payload": body, "signature": signature}),
            text.upper(),
            text.swapcase(),
            text[::-1],
            f"Bearer {text}",
            f"{text} {text}",
        ],
    )
    for value in ([], "x", 1, None, True, [good.header]):
        yield f"header {value!r}", good.signed(value if value is not None else b"null")
    for value in ([], "x", 1, True, [good.claims], b"null", b"{", b"\xff", b"", b'{"a":'):
        yield f"claims {value!r}", good.signed(None, value)
    yield "long", good.signed(None, {**good.claims, "more": "x" * 1000})
    yield "longer", "x" * 8000
    yield "deep", good.signed(None, b"[" * 600)


def enumerate_as(name: str, texts: list[str]) -> Variants:
    return ((f"{name} {number}", text) for number, text in enumerate(texts))


FAMILIES = [algorithms, headers, audiences, times, rows, signatures, shapes]


@pytest.fixture
def good(provider: Provider, browser: Callable[[], Browser], person: dict[str, str]) -> Good:
    theirs = {"user_id": f"9{person['user_id']}", "screen_name": "another"}
    return Good(handed(browser(), provider, person), handed(browser(), provider, theirs))


def accepted(profile: Browser, text: str) -> bool:
    """As a bearer or as a cookie, by the app's own route or by ours."""
    bearer = {"Authorization": f"Bearer {text}"}
    if me(profile, text).status != 401:
        return True
    if profile.request("GET", "/auth/session", headers=bearer, cookies=False).json() != {"account": None}:
        return True
    cookie = {"Cookie": f"valetkey-session={text}"}
    return profile.request("GET", "/api/me", headers=cookie, cookies=False).status != 401


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_none_is_accepted(
    app: App, browser: Callable[[], Browser], good: Good, family: Callable[[Good], Variants]
) -> None:
    """And the good one is, before and after, also when it is put together here as the others are."""
    profile = browser()
    before = app.all_rows()
    assert me(profile, good.text).status == 200
    assert me(profile, good.signed()).status == 200
    variants = list(family(good))
    assert len({text for _, text in variants} - {good.text}) >= 24
    assert [name for name, text in variants if text != good.text and accepted(profile, text)] == []
    assert me(profile, good.text).status == 200
    assert app.all_rows() == before
    assert "Traceback" not in app.server.log


def test_they_are_many(good: Good) -> None:
    variants = {text for family in FAMILIES for _, text in family(good)}
    assert len(variants - {good.text}) >= 300


def test_an_older_key_verifies_while_it_is_listed(browser: Callable[[], Browser], good: Good) -> None:
    """The control of the old key that is refused: the same pass under one that the list still has."""
    key_id, key = subkey(OLD_SECRET)
    assert me(browser(), good.signed({**good.header, "kid": key_id}, key=key)).status == 200


def test_what_is_of_a_login_is_no_pass(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """A sealed login, its id, the tokens and verifiers of the provider, and what stands in the rows."""
    profile = browser()
    token = begun(profile)
    ((name, sealed),) = profile.login_cookies.items()
    callback = provider.approve(token, **person)
    answer = second(profile, brought(callback))
    assert me(profile, answer.json()["token"]).status == 200
    pieces = [sealed, name, name.removeprefix("valetkey-login-"), token, brought(callback)["oauth_verifier"]]
    pieces += [one for one in provider.secrets if one.isprintable()]  # no header holds a key of several lines
    pieces += [person["user_id"], person["screen_name"], SECRET]
    pieces += [str(value) for row in app.query("SELECT * FROM sessions") for value in row if value]
    assert len(pieces) > 15
    assert [one for one in pieces if accepted(profile, one)] == []
