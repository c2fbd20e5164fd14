"""What a refusal stands for: by step, status, numeric code and kind of body; and what log and hint say of it."""

from __future__ import annotations

from typing import Any

import pytest

from valetkey import errors
from valetkey.crypto import Secret
from valetkey.protocols.base import CallbackParameters, Inputs, PendingRequest
from valetkey.protocols.http import Flow, HttpResponse, Stamp
from valetkey.protocols.json_reply import read_json
from valetkey.protocols.oauth1 import ClientCredentials, OAuth1
from valetkey.protocols.replies import Step, code_of, kind_of

CALLBACK = "https://app.example.com/auth/twitter"
CANARY = "canary-of-the-body"
PROTOCOL = OAuth1(
    credentials=ClientCredentials(identifier="key", secret=Secret("secret")),
    request_token_url="https://api.x.com/oauth/request_token",
    access_token_url="https://api.x.com/oauth/access_token",
    authorize_url="https://api.x.com/oauth/authenticate",
)
STEPS: tuple[Step, ...] = ("request_token", "access_token", "profile")


def in_json(number: int) -> bytes:
    return b'{"errors":[{"code":%d,"message":"%s"}]}' % (number, CANARY.encode())


def in_xml(number: int) -> bytes:
    return b"<?xml version='1.0' encoding='UTF-8'?><errors><error code=\"%d\">%s</error></errors>" % (
        number,
        CANARY.encode(),
    )


CLOUDFLARE = f"<!DOCTYPE html>\n<html lang='en'><title>Attention Required! | {CANARY}</title></html>".encode()
FRAGMENT = f"<h1>Forbidden</h1><p>{CANARY}</p>".encode()
XHTML = f'<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">{CANARY}</html>'.encode()
OOB = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<hash>\n  <error>Desktop applications only support the oauth_callback '
    b"value 'oob'</error>\n  <request>/oauth/request_token</request>\n</hash>\n"
)
NOT_ENROLLED = (
    b'{"client_id":"%s","detail":"%s","title":"Client Forbidden","reason":"client-not-enrolled",'
    b'"type":"https://api.twitter.com/2/problems/client-forbidden"}' % (CANARY.encode(), CANARY.encode())
)
NO_CREDITS = (
    b'{"title":"CreditsDepleted","detail":"%s","type":"https:\\/\\/api.twitter.com\\/2\\/problems\\/credits"}'
    % (CANARY.encode())
)
TEXT = f"This feature is temporarily unavailable, {CANARY}".encode()
OLD_KEYS = b"Failed to validate oauth signature and token"

KEYS, CALLBACKS, APP = "wrong_keys", "callback_not_approved", "app_not_allowed"
REFUSED, ODD, DOWN = "provider_refused", "provider_reply_invalid", "provider_unavailable"
SUSPENDED, BUSY, CLOCK = "suspended_at_provider", "rate_limited", "clock_off"

# Status, body, its kind, its number, and the code at request_token, access_token and profile.
TABLE: list[tuple[int, bytes, str, int | None, tuple[str, str, str]]] = [
    (401, in_json(32), "JSON", 32, (KEYS, KEYS, KEYS)),
    (403, in_json(99), "JSON", 99, (KEYS, KEYS, KEYS)),
    (400, in_json(215), "JSON", 215, (KEYS, KEYS, KEYS)),
    (401, OLD_KEYS, "text", None, (KEYS, REFUSED, REFUSED)),
    (401, b"", "no body", None, (KEYS, REFUSED, REFUSED)),
    (401, TEXT, "text", None, (KEYS, REFUSED, REFUSED)),
    (400, TEXT, "text", None, (REFUSED, REFUSED, REFUSED)),
    (403, TEXT, "text", None, (REFUSED, REFUSED, REFUSED)),
    (403, in_json(87), "JSON", 87, (REFUSED, REFUSED, REFUSED)),
    (401, in_json(89), "JSON", 89, (KEYS, REFUSED, REFUSED)),
    (401, in_json(135), "JSON", 135, (CLOCK, CLOCK, CLOCK)),
    (403, in_xml(415), "XML", 415, (CALLBACKS, CALLBACKS, CALLBACKS)),
    (403, in_json(415), "JSON", 415, (CALLBACKS, CALLBACKS, CALLBACKS)),
    (401, in_json(417), "JSON", 417, (CALLBACKS, CALLBACKS, CALLBACKS)),
    (401, OOB, "XML", None, (CALLBACKS, REFUSED, REFUSED)),
    (
        401,
        b"Desktop applications only support the oauth_callback value 'oob'",
        "text",
        None,
        (CALLBACKS, REFUSED, REFUSED),
    ),
    (401, in_json(416), "JSON", 416, (APP, APP, APP)),
    (401, in_xml(416), "XML", 416, (APP, APP, APP)),
    (403, in_json(453), "JSON", 453, (APP, APP, APP)),
    (403, NOT_ENROLLED, "JSON", None, (APP, APP, APP)),
    (402, NO_CREDITS, "JSON", None, (APP, APP, APP)),
    (403, in_json(64), "JSON", 64, (REFUSED, SUSPENDED, SUSPENDED)),
    (403, in_json(326), "JSON", 326, (REFUSED, SUSPENDED, SUSPENDED)),
    (403, CLOUDFLARE, "HTML", None, (ODD, ODD, ODD)),
    (401, CLOUDFLARE, "HTML", None, (ODD, ODD, ODD)),
    (400, FRAGMENT, "HTML", None, (ODD, ODD, ODD)),
    (402, XHTML, "HTML", None, (ODD, ODD, ODD)),
    (407, b"", "no body", None, (ODD, ODD, ODD)),
    (302, CLOUDFLARE, "HTML", None, (ODD, ODD, ODD)),
    (302, b"", "no body", None, (ODD, ODD, ODD)),
    (404, b"", "no body", None, (ODD, ODD, REFUSED)),
    (200, CLOUDFLARE, "HTML", None, (ODD, ODD, ODD)),
    (200, XHTML, "HTML", None, (ODD, ODD, ODD)),
    (200, in_json(32), "JSON", 32, (ODD, ODD, "")),
    (200, in_xml(32), "XML", 32, (ODD, ODD, ODD)),
    (200, b"", "no body", None, (ODD, ODD, ODD)),
    (429, CLOUDFLARE, "HTML", None, (BUSY, BUSY, BUSY)),
    (429, in_json(88), "JSON", 88, (BUSY, BUSY, BUSY)),
    (503, in_json(130), "JSON", 130, (DOWN, DOWN, DOWN)),
    (502, CLOUDFLARE, "HTML", None, (DOWN, DOWN, DOWN)),
    (511, CLOUDFLARE, "HTML", None, (DOWN, DOWN, DOWN)),
    (500, b"", "no body", None, (DOWN, DOWN, DOWN)),
]
CELLS = [
    pytest.param(step, status, body, kind, number, code, id=f"{step}-{status}-{kind}-{number}-{at}")
    for at, (status, body, kind, number, codes) in enumerate(TABLE)
    for step, code in zip(STEPS, codes, strict=True)
    if code
]


def answered(step: Step, response: HttpResponse) -> Any:
    """What the step makes of the reply."""
    if step == "profile":
        return read_json(response, step=step)
    inputs = Inputs(nonces=lambda: Stamp(timestamp=1, nonce="n"))
    pending = PendingRequest(request_id="rt", callback_url=CALLBACK, memo={"token_secret": Secret("rs")})
    returned = CallbackParameters(request_id="rt", query={"oauth_token": "rt", "oauth_verifier": "v"})
    flow: Flow[Any] = (
        PROTOCOL.authorize(CALLBACK, inputs)
        if step == "request_token"
        else PROTOCOL.exchange(pending, returned, inputs)
    )
    next(flow)
    return flow.send(response)


def refused(step: Step, status: int, body: bytes, **headers: str) -> errors.ValetkeyError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(errors.ValetkeyError) as caught:
        answered(step, HttpResponse(status=status, headers=named, body=body))
    return caught.value


@pytest.mark.parametrize(("step", "status", "body", "kind", "number", "code"), CELLS)
def test_a_reply_is_named(step: Step, status: int, body: bytes, kind: str, number: int | None, code: str) -> None:
    """Its code; and the hint has step, status, number and kind, and no other part of it."""
    error = refused(step, status, body, content_type="text/html;charset=utf-8")  # as X says it of everything
    assert error.code == code
    facts = f"code {number}, {kind} body" if number is not None else (kind if kind == "no body" else f"{kind} body")
    assert error.hint.startswith(f"{step} was answered with status {status} ({facts}).")
    assert CANARY not in str(error)
    assert ("Something between this server and the provider" in error.hint) == (
        (kind == "HTML" and status != 429) or status in (407, 511)
    )
    assert (CALLBACK in error.hint) == (code == CALLBACKS and step == "request_token")
    assert errors.error_by_code(code).message == error.message  # as a page reads it that asks later


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_page_by_the_provider_itself_is_a_refusal(status: int) -> None:
    """An OAuth challenge says that it is no proxy's."""
    assert refused("request_token", status, CLOUDFLARE).code == ODD
    own = refused("request_token", status, CLOUDFLARE, www_authenticate='OAuth realm="https://api.x.com"')
    assert own.code == (KEYS if status == 401 else REFUSED)


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        ("timestamp_refused", CLOCK),
        ("consumer_key_unknown", KEYS),
        ("signature_invalid", KEYS),
        ("consumer_key_refused", APP),
        ("token_used", REFUSED),
        ("canary_of_the_body", REFUSED),
    ],
)
def test_the_words_of_other_providers(problem: str, code: str) -> None:
    """In the form that Flickr sends, and in the header."""
    in_form = refused("access_token", 401, f"oauth_problem={problem}&debug_sbs={CANARY}".encode())
    in_header = refused("access_token", 401, b"", www_authenticate=f'OAuth realm="x", oauth_problem="{problem}"')
    assert in_form.code == in_header.code == code
    assert CANARY not in str(in_form)
    assert "canary" not in str(in_form) + str(in_header)


NUMBERS: dict[str, tuple[dict[str, str], bytes, int | None]] = {
    "header": ({"www-authenticate": 'OAuth realm="x", api_error_code=32'}, b"", 32),
    "spaced": ({}, b'{ "errors": [ { "code" : 32 } ] }', 32),
    "first": ({}, b'{"errors":[{"code":32},{"code":135}]}', 32),
    "apostrophes": ({}, b"<errors><error code='415'>x</error></errors>", 415),
    "after a mark": ({}, b'\xef\xbb\xbf\n{"code":32}', 32),
    "too long": ({}, b'{"code":123456789}', None),
    "too long, header": ({"www-authenticate": "OAuth api_error_code=12345"}, b"", None),
    "no integer": ({}, b'{"code":32.5}', None),
    "text": ({}, b'{"code":"32"}', None),
    "other digits": ({}, '{"code":٣٢}'.encode(), None),
    "quoted in a message": ({}, b'{"message":"\\"code\\":32"}', None),
    "in plain text": ({}, b'"code":32', None),
    "in HTML": ({}, b'<html>{"code":32} code="415"</html>', None),
    "none": ({}, b"{}", None),
}


@pytest.mark.parametrize(("headers", "body", "number"), NUMBERS.values(), ids=list(NUMBERS))
def test_the_number_of_a_reply(headers: dict[str, str], body: bytes, number: int | None) -> None:
    assert code_of(HttpResponse(status=401, headers=headers, body=body)) == number


KINDS: dict[str, list[bytes]] = {
    "no body": [b"", b" \r\n", b"\xef\xbb\xbf"],
    "form": [b"oauth_token=a&oauth_token_secret=b", b"a=b\r\n", b"a%5Fb="],
    "JSON": [b"{}", b" [1]", b'\xef\xbb\xbf{"a":1}', b"{"],
    "XML": [b"<?xml version='1.0'?><errors/>", b"<hash><error>x</error></hash>", b"<rsp stat='fail'/>"],
    "HTML": [
        b"<html>",
        b"<!DOCTYPE html>",
        b"<!doctype HTML PUBLIC>",
        b"<!-- x -->\n<HTML>",
        XHTML,
        FRAGMENT,
        b"<BODY x>",
    ],
    "text": [b"Invalid request token.", b"\xff\xfe\x00", b"a b=c", b"=x"],
}


@pytest.mark.parametrize(("kind", "body"), [(kind, body) for kind, bodies in KINDS.items() for body in bodies])
def test_the_kind_of_a_body(kind: str, body: bytes) -> None:
    """By its bytes: ``Content-Type`` is what X gets wrong."""
    assert kind_of(HttpResponse(status=200, headers={"content-type": "text/html"}, body=body)) == kind
