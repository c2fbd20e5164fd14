"""The sandbox's own verifier: published vectors pass it, published mistakes do not, and it says why."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from vectors.test_published_vectors import REQUESTS, WRONG

from valetkey.testing.sandbox.oauth1.signature import Signed, Unreadable, base_string, digest, explain, is_valid, read

SHA1 = {name: vector for name, vector in REQUESTS.items() if vector["signature_method"] == "HMAC-SHA1"}


def received(vector: dict[str, Any], signature: str) -> Signed:
    """The vector as a request on the wire: protocol parameters in the header, the rest in a form body."""
    parts = urlsplit(vector["url"])
    host = parts.hostname + ("" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}")
    oauth = [(name, value) for name, value in vector["params"] if name.startswith("oauth_")]
    form = [(name, value) for name, value in vector["params"] if not name.startswith("oauth_")]
    header = ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in [*oauth, ("oauth_signature", signature)])
    return read(
        method=vector["http_method"],
        origin=f"{parts.scheme}://{host}",
        raw_path=parts.path.encode(),
        raw_query=parts.query.encode(),
        headers=[
            (b"authorization", f'OAuth realm="Photos", {header}'.encode()),
            (b"content-type", b"application/x-www-form-urlencoded; charset=utf-8"),
        ],
        body="&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in form).encode(),
    )


@pytest.mark.parametrize("vector", SHA1.values(), ids=list(SHA1))
def test_published_vectors_fit(vector: dict[str, Any]) -> None:
    signed = received(vector, vector["signature"])
    assert base_string(signed).decode() == vector["base_string"]
    assert is_valid(signed, vector["consumer_secret"], vector["token_secret"])


@pytest.mark.parametrize(("vector_id", "changes", "published"), WRONG)
def test_published_mistakes_do_not(vector_id: str, changes: dict[str, str], published: str) -> None:
    vector = {**REQUESTS[vector_id], **changes}
    if "callback" in changes:
        vector["params"] = [[n, changes["callback"] if n == "oauth_callback" else v] for n, v in vector["params"]]
    assert not is_valid(received(vector, published), vector["consumer_secret"], vector["token_secret"])


def test_the_same_parameter_twice_counts_once_and_two_values_are_refused() -> None:
    vector = SHA1["x-docs-signin-access"]

    def twice(value: str) -> Signed:
        parts = urlsplit(vector["url"])
        header = ", ".join(f'{name}="{quote(v, safe="")}"' for name, v in vector["params"])
        return read(
            method="POST",
            origin=f"{parts.scheme}://{parts.netloc}",
            raw_path=parts.path.encode(),
            raw_query=f"oauth_token={value}".encode(),
            headers=[
                (b"authorization", f'OAuth {header}, oauth_signature="{quote(vector["signature"], safe="")}"'.encode())
            ],
            body=b"",
        )

    token = dict(vector["params"])["oauth_token"]
    assert is_valid(twice(token), vector["consumer_secret"], vector["token_secret"])
    with pytest.raises(Unreadable, match="double authentication"):
        twice("another")


def test_thirty_wrong_signatures_are_explained() -> None:
    """Each usual mistake by its name and, where base strings differ, the first byte that does; any other at least by
    the base string that was expected."""
    draw = random.Random(30)
    told = []
    for number in range(30):
        pairs = [
            (b"oauth_callback", b"http://127.0.0.1:8000/auth/twitter"),
            (b"oauth_consumer_key", b"sandbox-key"),
            (b"oauth_nonce", str(draw.random()).encode()),
            (b"include", f"a b {number}".encode()),
        ]
        right = Signed(b"POST", b"http://localhost:8001/oauth/request_token", pairs)
        text = base_string(right)
        kind = number % 6
        secret, token_secret, signed_text = "consumer", "token", text
        if kind == 0:
            signed_text = base_string(Signed(b"GET", right.url, pairs))
        elif kind == 1:
            signed_text = base_string(Signed(b"POST", b"https://api.x.com/oauth/request_token", pairs))
        elif kind == 2:
            signed_text = base_string(Signed(b"POST", right.url, pairs[:-1]))
        elif kind == 3:
            token_secret = ""
        elif kind == 4:
            secret, token_secret = "token", "consumer"
        else:
            secret = "quite another"
        signature = digest(signed_text, secret, token_secret).encode()
        came = Signed(b"POST", right.url, [*pairs, (b"oauth_signature", signature)])
        assert not is_valid(came, "consumer", "token")
        why = explain(came, "consumer", "token")
        if kind < 3:
            at = next(n for n, (one, two) in enumerate(zip(text, signed_text, strict=False)) if one != two)
            assert f"first differing byte {at}:" in why
        elif kind < 5:
            assert "secret" in why
        else:
            assert text.decode() in why
        told.append(why)
    assert len(told) == 30


def test_a_clients_own_base_string_is_compared() -> None:
    signed = Signed(b"POST", b"http://localhost:8001/x", [(b"oauth_nonce", b"1"), (b"oauth_signature", b"wrong")])
    assert "first differing byte 0: expected 'POST" in explain(signed, "a", "b", theirs=b"GET&x")
