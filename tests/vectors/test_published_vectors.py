"""Every published signature that is right is ours, and every one that is published but wrong is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from valetkey.protocols.encoding import percent_decode, percent_encode
from valetkey.protocols.oauth1.signature import base_string, query_parameters, sign

VECTORS = json.loads((Path(__file__).parent / "oauth1-vectors.json").read_text())
REQUESTS = {vector["id"]: vector for vector in VECTORS["full_request_vectors"]}


def signature_of(vector: dict, **changes: str) -> str:
    vector = {**vector, **changes}
    parameters = [(name, value) for name, value in vector["params"]]
    text = base_string(vector["http_method"], vector["url"], parameters)
    return sign(text, vector["consumer_secret"], vector["token_secret"], vector["signature_method"])


@pytest.mark.parametrize("vector", REQUESTS.values(), ids=list(REQUESTS))
def test_request(vector: dict) -> None:
    """Base string and signature are the published ones, to the byte."""
    parameters = [(name, value) for name, value in vector["params"]]
    assert base_string(vector["http_method"], vector["url"], parameters) == vector["base_string"]
    assert signature_of(vector) == vector["signature"]


@pytest.mark.parametrize("vector", VECTORS["base_string_vectors"], ids=lambda vector: vector["id"])
def test_base_string(vector: dict) -> None:
    """The keyed hash alone."""
    signed = sign(vector["base_string"], vector["consumer_secret"], vector["token_secret"], vector["signature_method"])
    assert signed == vector["signature"]


@pytest.mark.parametrize(("plain", "encoded"), VECTORS["percent_encoding"])
def test_encoding(plain: str, encoded: str) -> None:
    assert percent_encode(plain) == encoded
    assert percent_decode(encoded) == plain


WRONG = [
    # X's pages print the signature of an older address beside a newer one.
    ("x-docs-creating-v1.1-x", {}, "tnnArxj06cWHq44gCs1OSKk/jLY="),
    ("x-docs-signin-request", {"url": "https://api.x.com/oauth/request_token"}, "F1Li3tvehgcraF8DMJ7OyxO4w9Y="),
    ("x-docs-signin-access", {"url": "https://api.x.com/oauth/access_token"}, "39cipBtIOHEEnybAR4sATQTpl2I="),
    # The same page with the callback renamed as well.
    (
        "x-docs-signin-request",
        {"url": "https://api.x.com/oauth/request_token", "callback": "http://localhost/sign-in-with-x/"},
        "F1Li3tvehgcraF8DMJ7OyxO4w9Y=",
    ),
    # The misprint of RFC 5849 §3.4.1, erratum 2550.
    ("rfc5849-3.4.1-erratum2550", {}, "bYT5CMsGcbgUdFHObYMEfcx6bsw="),
]


@pytest.mark.parametrize(("vector_id", "changes", "published"), WRONG)
def test_published_but_wrong(vector_id: str, changes: dict, published: str) -> None:
    vector = dict(REQUESTS[vector_id])
    changes = dict(changes)
    callback = changes.pop("callback", None)
    if callback:
        vector["params"] = [[n, callback if n == "oauth_callback" else v] for n, v in vector["params"]]
    assert signature_of(vector, **changes) != published


def test_query_parameters_keep_empty_values_and_repetitions() -> None:
    assert query_parameters("http://h/?a=1&a=1&b=&c") == [("a", "1"), ("a", "1"), ("b", ""), ("c", "")]
