"""Every signature method, by what is published and by oauthlib, with the parameters in every place."""

from __future__ import annotations

import base64
import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.hashes import SHA1
from oauthlib.oauth1.rfc5849 import signature as theirs

from valetkey.protocols.http import HttpRequest
from valetkey.protocols.oauth1.signature import SignatureMethod, sign, sign_with_key

from .oauth1_records import asks, exchanges, pem, provider, reads, rsa_key

METHODS: tuple[SignatureMethod, ...] = ("HMAC-SHA1", "HMAC-SHA256", "HMAC-SHA512", "RSA-SHA1", "PLAINTEXT")
FORM = "application/x-www-form-urlencoded"

# oauth.net's test cases, "RSA-SHA1": a key, a base string and its signature. The key is published, and so no secret.
PUBLISHED_KEY = """-----BEGIN PRIVATE KEY-----
MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBALRiMLAh9iimur8V
A7qVvdqxevEuUkW4K+2KdMXmnQbG9Aa7k7eBjK1S+0LYmVjPKlJGNXHDGuy5Fw/d
7rjVJ0BLB+ubPK8iA/Tw3hLQgXMRRGRXXCn8ikfuQfjUS1uZSatdLB81mydBETlJ
hI6GH4twrbDJCR2Bwy/XWXgqgGRzAgMBAAECgYBYWVtleUzavkbrPjy0T5FMou8H
X9u2AC2ry8vD/l7cqedtwMPp9k7TubgNFo+NGvKsl2ynyprOZR1xjQ7WgrgVB+mm
uScOM/5HVceFuGRDhYTCObE+y1kxRloNYXnx3ei1zbeYLPCHdhxRYW7T0qcynNmw
rn05/KO2RLjgQNalsQJBANeA3Q4Nugqy4QBUCEC09SqylT2K9FrrItqL2QKc9v0Z
zO2uwllCbg0dwpVuYPYXYvikNHHg+aCWF+VXsb9rpPsCQQDWR9TT4ORdzoj+Nccn
qkMsDmzt0EfNaAOwHOmVJ2RVBspPcxt5iN4HI7HNeG6U5YsFBb+/GZbgfBT3kpNG
WPTpAkBI+gFhjfJvRw38n3g/+UeAkwMI2TJQS4n8+hid0uus3/zOjDySH3XHCUno
cn1xOJAyZODBo47E+67R4jV1/gzbAkEAklJaspRPXP877NssM5nAZMU0/O/NGCZ+
3jPgDUno6WbJn5cqm8MqWhW1xGkImgRk+fkDBquiq4gPiT898jusgQJAd5Zrr6Q8
AO/0isr/3aa6O6NLQxISLKcPDk2NOccAfS/xOtfOz4sJYM3+Bs4Io9+dZGSDCA54
Lw03eHTNQghS0A==
-----END PRIVATE KEY-----
"""
PUBLISHED_TEXT = (
    "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacaction.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03"
    "%26oauth_nonce%3D13917289812797014437%26oauth_signature_method%3DRSA-SHA1%26oauth_timestamp%3D1196666512"
    "%26oauth_version%3D1.0%26size%3Doriginal"
)
PUBLISHED_SIGNATURE = (
    "jvTp/wX1TYtByB1m+Pbyo0lnCOLIsyGCH7wke8AUs3BpnwZJtAuEJkvQL2/9n4s5wUmUl4aCI4BwpraNx4RtEXMe5qg5T1LVTGliMRpKasKsW//e"
    "+RinhejgCuzoH26dyF8iY2ZZ/5D1ilgeijhV/vBka5twt399mXwaYdCwFYE="
)


def test_rsa_as_published() -> None:
    """RFC 5849 §3.4.3."""
    assert sign_with_key(PUBLISHED_TEXT, PUBLISHED_KEY) == PUBLISHED_SIGNATURE


def test_plaintext_as_published() -> None:
    """RFC 5849 §3.4.4 and §1.2; OAuth Core 1.0 A.2 and A.4. It does not depend on the request."""
    assert sign("", "kd94hf93k423kf44", "pfkkdhi9sl3r4s00", "PLAINTEXT") == "kd94hf93k423kf44&pfkkdhi9sl3r4s00"
    assert sign("any", "kd94hf93k423kf44", "", "PLAINTEXT") == "kd94hf93k423kf44&"
    assert sign("", "djr9rjt0jd78jf88", "&=% ü", "PLAINTEXT") == "djr9rjt0jd78jf88&%26%3D%25%20%C3%BC"


def parameters_of(request: HttpRequest) -> dict[str, str]:
    """What is signed and the signature, collected by oauthlib."""
    header = {"Authorization": request.headers["Authorization"]} if "Authorization" in request.headers else {}
    body = request.body.decode() if request.headers.get("Content-Type") == FORM else ""
    collected = theirs.collect_parameters(
        uri_query=request.url.partition("?")[2], body=body, headers=header, exclude_oauth_signature=False
    )
    assert len(dict(collected)) == len(collected)
    return dict(collected)


def oauthlib_verifies(request: HttpRequest, token_secret: str) -> bool:
    found = parameters_of(request)
    method = found["oauth_signature_method"]
    asked = SimpleNamespace(
        http_method=request.method,
        uri=request.url,
        params=[(name, value) for name, value in found.items() if name not in ("oauth_signature", "realm")],
        signature=found["oauth_signature"],
        signature_method=method,
    )
    if method == "RSA-SHA1":
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        public = rsa_key().public_key().public_bytes(serialization.Encoding.PEM, spki).decode()
        return bool(theirs.verify_rsa_sha1(asked, public))
    verify = {
        "HMAC-SHA1": theirs.verify_hmac_sha1,
        "HMAC-SHA256": theirs.verify_hmac_sha256,
        "HMAC-SHA512": theirs.verify_hmac_sha512,
        "PLAINTEXT": theirs.verify_plaintext,
    }[method]
    return bool(verify(asked, "secret", token_secret))


# PLAINTEXT in a query is refused when it is built: test_oauth1_facts.
CELLS = [(method, place) for method in METHODS for place in ("header", "query", "body")]
CELLS.remove(("PLAINTEXT", "query"))


@pytest.mark.parametrize(("method", "parameters_in"), CELLS)
def test_oauthlib_verifies_each_request(method: SignatureMethod, parameters_in: str) -> None:
    """Extra parameters, a query in each address, a realm, and a value that needs encoding twice."""
    facts: dict[str, Any] = {
        "signature_method": method,
        "parameters_in": parameters_in,
        "request_parameters": {"scope": "read, write & 100%", "note": ""},
        "request_token_url": "https://acme.test:443/w/index.php?title=Special:OAuth/initiate&x=%20y",
        "access_token_url": "https://ACME.test/w/index.php?title=Special:OAuth/token",
        "realm": "Acme's API" if parameters_in == "header" else None,
    }
    acme = provider(**facts)
    first = asks(acme)[0]
    sent = parameters_of(first)
    assert (sent["scope"], sent["note"], sent["title"], sent["x"]) == (
        "read, write & 100%",
        "",
        "Special:OAuth/initiate",
        " y",
    )
    assert oauthlib_verifies(first, "")
    assert oauthlib_verifies(exchanges(acme), "rs-1")
    assert oauthlib_verifies(reads(acme), "as-1")
    assert oauthlib_verifies(reads(acme, "POST"), "as-1")
    if parameters_in != "body":
        by_get = provider(**facts, request_method="GET", access_method="GET")
        assert oauthlib_verifies(asks(by_get)[0], "")
        assert oauthlib_verifies(exchanges(by_get), "rs-1")


@pytest.mark.parametrize("method", [one for one in METHODS if one != "RSA-SHA1"])
def test_another_secret_signs_otherwise(method: SignatureMethod) -> None:
    """The control: oauthlib says no where it must. RSA uses no secret."""
    assert not oauthlib_verifies(exchanges(provider(signature_method=method)), "rs-2")


def test_rsa_does_not_use_the_token_secret_and_verifies_with_the_public_key() -> None:
    request = exchanges(provider(signature_method="RSA-SHA1"))
    found = parameters_of(request)
    text = theirs.signature_base_string(
        request.method,
        theirs.base_string_uri(request.url),
        theirs.normalize_parameters([one for one in found.items() if one[0] != "oauth_signature"]),
    )
    signature = base64.b64decode(found["oauth_signature"])
    rsa_key().public_key().verify(signature, text.encode(), padding.PKCS1v15(), SHA1())


def test_plaintext_in_a_header_is_encoded_once_more() -> None:
    """RFC 5849 §3.5.1: ``oauth_signature="secret%26rs-1"``."""
    header = exchanges(provider(signature_method="PLAINTEXT")).headers["Authorization"]
    found = re.search('oauth_signature="([^"]*)"', header)
    assert found is not None
    assert (found[1], unquote(found[1])) == ("secret%26rs-1", "secret&rs-1")


def test_a_key_is_read_once_and_shown_never() -> None:
    acme = provider(signature_method="RSA-SHA1")
    shown = f"{acme!r} {acme.credentials!r} {asks(acme)[0]!r}"
    assert "PRIVATE" not in shown
    assert pem(rsa_key()).reveal()[40:80] not in shown
