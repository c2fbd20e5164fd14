"""O34: a client secret of any characters, over Basic and in the body. RFC 6749 §2.3.1 has it form-encoded first."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable

import pytest
from support.hostile import Hostile
from support.hostile_http import Reply, Request
from support.in_process import InProcess
from support.with_p import NewApp, refuses, signs_in

SECRETS = {
    "a colon": "se:cret:",
    "a percent sign": "100%",
    "an encoding": "a%2Bb%3A",
    "a plus": "a+b",
    "base64": "Zm9v/YmFy+w==",
    "a form's marks": "a&b=c&client_id=evil",
    "a space inside": "a b",
    "quotes inside": "a\"b'c\\d",
    "UTF-8": "g\u00fcnst\u00e4g\u20ac\U0001f511",
    "unreserved": "a-b.c_d~e",
    "long": "x:%+" * 60,
}
METHODS = ("client_secret_basic", "client_secret_post")


def app_of(new_app: NewApp, p: Hostile, method: str) -> InProcess:
    p.metadata = {"token_endpoint_auth_methods_supported": [method]}
    p.checks = {"client"}
    env = {"ACME_ISSUER": f"{p.origin}/acme", "ACME_CLIENT_ID": p.client_id, "ACME_CLIENT_SECRET": p.client_secret}
    return new_app(VALETKEY_PROVIDERS="acme", **env)


def does_not_decode(p: Hostile) -> Callable[[Request, Callable[[], Reply]], Reply]:
    """A server that takes what stands in the header as it is."""

    def reply(request: Request, usual: Callable[[], Reply]) -> Reply:
        raw = b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        return usual() if raw == f"{p.client_id}:{p.client_secret}" else Reply(401, {"error": "invalid_client"})

    return reply


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("secret", SECRETS.values(), ids=list(SECRETS))
def test_a_server_by_the_standard(new_app: NewApp, other_p: Hostile, method: str, secret: str) -> None:
    """It reads what the app was given, to the letter, in one place. Another secret is refused, so it does look."""
    other_p.client_secret = secret
    app = app_of(new_app, other_p, method)
    signs_in(app, other_p)
    (sent,) = other_p.calls("token")
    assert ("authorization" in sent.headers) is (method == "client_secret_basic")
    assert (sent.field("client_secret") == secret) is (method == "client_secret_post")
    other_p.client_secret = secret + "x"
    refuses(app, other_p, code="wrong_keys")


@pytest.mark.parametrize("identifier", ["id:1", "id%31", "id+1", "https://app.example/client?x=y"])
@pytest.mark.parametrize("method", METHODS)
def test_an_awkward_client_id(new_app: NewApp, other_p: Hostile, method: str, identifier: str) -> None:
    """A colon in it is not where the secret begins."""
    other_p.client_id = identifier
    app = app_of(new_app, other_p, method)
    signs_in(app, other_p)
    other_p.client_id = identifier + "x"
    refuses(app, other_p, code="wrong_keys")


@pytest.mark.parametrize("secret", ["se:cret", "100%", "a+b", "\u00fc"])
def test_a_server_that_does_not_decode(
    new_app: NewApp, other_p: Hostile, caplog: pytest.LogCaptureFixture, secret: str
) -> None:
    """The error is of the keys, and the hint names this. With a secret that is the same in both, it lands."""
    other_p.client_secret = secret
    app = app_of(new_app, other_p, "client_secret_basic")
    other_p.checks = set()
    other_p.replace("token", does_not_decode(other_p))
    refuses(app, other_p, code="wrong_keys")
    assert "RFC 6749 §2.3.1" in caplog.text
    assert secret not in caplog.text.replace("127.0.0.1:", "")
    other_p.client_secret = "a-b.c_d~e"
    other_p.restore("token")
    plain = app_of(new_app, other_p, "client_secret_basic")
    other_p.replace("token", does_not_decode(other_p))
    signs_in(plain, other_p)
