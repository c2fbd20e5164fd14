"""The conversation, in memory: what is asked, what is believed, what is refused with a reason."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import parse_qsl

import pytest

from valetkey import errors
from valetkey.crypto import Secret
from valetkey.protocols.base import AuthorizationRequest, CallbackParameters, Inputs, PendingRequest
from valetkey.protocols.encoding import parse_form
from valetkey.protocols.http import Flow, HttpRequest, HttpResponse, Stamp
from valetkey.protocols.oauth1 import ClientCredentials, OAuth1

PROTOCOL = OAuth1(
    credentials=ClientCredentials(
        identifier="cChZNFj6T5R0TigYB9yd1w", secret=Secret("L8qq9PZyRg6ieKGEKhZolGC0vJWLw8iEJ88DRdyOg")
    ),
    request_token_url="https://api.x.com/oauth/request_token",
    access_token_url="https://api.x.com/oauth/access_token",
    authorize_url="https://api.x.com/oauth/authenticate",
)
CALLBACK = "http://localhost/sign-in-with-twitter/"
ISSUED = b"oauth_token=rt-1&oauth_token_secret=rs-1&oauth_callback_confirmed=true"
GRANTED = b"oauth_token=at-1&oauth_token_secret=as-1&user_id=42&screen_name=ada&x_auth_expires=0"
MEMO = PendingRequest(request_id="rt-1", callback_url=CALLBACK, memo={"token_secret": Secret("rs-1")})
RETURNED = {"oauth_token": "rt-1", "oauth_verifier": "v-1"}


def stamp(timestamp: int = 1318467427, nonce: str = "ea9ec8429b68d6b77cd5600adbbb0456") -> Inputs:
    return Inputs(nonces=lambda: Stamp(timestamp=timestamp, nonce=nonce))


def returned(query: dict[str, str]) -> CallbackParameters:
    return CallbackParameters(request_id=query.get("oauth_token", ""), query=query)


def talk(flow: Flow[Any], body: bytes, status: int = 200, **headers: str) -> tuple[HttpRequest, Any]:
    """One request, one reply, the result."""
    request = next(flow)
    with pytest.raises(StopIteration) as stop:
        flow.send(HttpResponse(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=body))
    return request, stop.value.value


def begin(body: bytes = ISSUED, status: int = 200, **headers: str) -> tuple[HttpRequest, AuthorizationRequest]:
    return talk(PROTOCOL.authorize(CALLBACK, stamp()), body, status, **headers)


def test_begin_signs_as_published() -> None:
    """The derived vector of X's sign-in example, and the callback in the header."""
    request, begun = begin()
    assert (request.method, request.url, request.body) == ("POST", PROTOCOL.request_token_url, b"")
    assert 'oauth_signature="X9xhcB9d%2BNxXd%2FThJ%2Fn51vPhetM%3D"' in request.headers["Authorization"]
    assert 'oauth_callback="http%3A%2F%2Flocalhost%2Fsign-in-with-twitter%2F"' in request.headers["Authorization"]
    assert begun.url == "https://api.x.com/oauth/authenticate?oauth_token=rt-1"
    assert (begun.request_id, begun.memo["token_secret"].reveal()) == ("rt-1", "rs-1")


def test_finish_signs_with_both_secrets() -> None:
    pending = PendingRequest(
        request_id="NPcudxy0yU5T3tBzho7iCotZ3cnetKwcTIRlX0iwRl0",
        callback_url=CALLBACK,
        memo={"token_secret": Secret("veNRnAWe6inFuo8o2u8SLLZLjolYDmDP7SzL0YfYI")},
    )
    query = {"oauth_token": pending.request_id, "oauth_verifier": "uw7NjWHT6OJ1MpJOXsHfNxoAhPKpgI8BlYDhxEjIBY"}
    flow = PROTOCOL.exchange(pending, returned(query), stamp(nonce="a9900fe68e2573b27a37f10fbad6a755"))
    request, token = talk(flow, GRANTED)
    assert 'oauth_signature="G3DdousFWwxEepaZcmHguKqeBvs%3D"' in request.headers["Authorization"]
    assert dict(token.fields) == {"user_id": "42", "screen_name": "ada", "x_auth_expires": "0"}


def test_the_address_encodes_the_token() -> None:
    _, begun = begin(ISSUED.replace(b"rt-1", b"a%26b%3Dc%23"))
    assert begun.url.endswith("?oauth_token=a%26b%3Dc%23")


@pytest.mark.parametrize("value", ["True", "TRUE", "1", "yes", "false", "%20true", "true%20", ""])
def test_callback_must_be_confirmed_exactly(value: str) -> None:
    with pytest.raises(errors.ProviderReplyInvalid):
        begin(ISSUED.replace(b"=true", b"=" + value.encode()))


def test_callback_confirmation_must_be_there_once() -> None:
    with pytest.raises(errors.CallbackNotConfirmed):
        begin(ISSUED.replace(b"&oauth_callback_confirmed=true", b""))
    with pytest.raises(errors.ProviderReplyInvalid):
        begin(ISSUED + b"&oauth_callback_confirmed=true")


AMBIGUOUS = {
    "empty": b"",
    "json": b'{"oauth_token":"a"}',
    "html": b"<html><body>oauth_token=a&oauth_token_secret=b</body></html>",
    "duplicate": ISSUED + b"&oauth_token=other",
    "duplicate, encoded": ISSUED + b"&oauth%5Ftoken=other",
    "semicolon": ISSUED.replace(b"&", b";"),
    "bom": b"\xef\xbb\xbf" + ISSUED,
    "utf-16": ISSUED.decode().encode("utf-16"),
    "nul": ISSUED.replace(b"rt-1", b"rt%00"),
    "raw nul": ISSUED.replace(b"rt-1", b"rt\0"),
    "a line end within": ISSUED.replace(b"&", b"&\n"),
    "encoded newline": ISSUED.replace(b"rt-1", b"rt%0a"),
    "two ampersands": ISSUED.replace(b"&", b"&&"),
    "equals": ISSUED.replace(b"rt-1", b"rt=1"),
    "raw utf-8": ISSUED.replace(b"rt-1", "rté".encode()),
    "plus": ISSUED.replace(b"rt-1", b"rt+1"),
    "space": ISSUED.replace(b"rt-1", b"rt%201"),
    "not utf-8": ISSUED.replace(b"rt-1", b"rt%ff"),
    "raw latin-1": ISSUED.replace(b"rt-1", b"rt\xe9"),
    "stray percent": ISSUED.replace(b"rt-1", b"rt%2"),
    "array": ISSUED.replace(b"oauth_token=", b"oauth_token[]="),
    "no equals": ISSUED + b"&flag",
    "no key": ISSUED + b"&=x",
    "only an ampersand": b"&",
    "only a line end": b"\r\n",
    "empty token": ISSUED.replace(b"rt-1", b""),
    "empty secret": ISSUED.replace(b"rs-1", b""),
    "no token": ISSUED.replace(b"oauth_token=rt-1&", b""),
    "unicode token": ISSUED.replace(b"rt-1", "你".encode().hex(" ").replace(" ", "%").encode()),
}


@pytest.mark.parametrize("body", AMBIGUOUS.values(), ids=list(AMBIGUOUS))
def test_a_reply_with_two_readings_has_none(body: bytes) -> None:
    with pytest.raises(errors.ProviderReplyInvalid) as refused:
        begin(body)
    assert "rt-1" not in str(refused.value)
    assert "rs-1" not in str(refused.value)


@pytest.mark.parametrize("status", [202, 204, 206, 301, 302, 303, 307, 308])
def test_only_200_and_201_are_success(status: int) -> None:
    with pytest.raises(errors.ProviderReplyInvalid):
        begin(ISSUED, status)


@pytest.mark.parametrize("status", [200, 201])
@pytest.mark.parametrize("body", [ISSUED, ISSUED + b"\n", b"\r\n" + ISSUED + b"\r\n", ISSUED + b"&", ISSUED + b"&\r\n"])
def test_what_real_servers_write_around_a_form(status: int, body: bytes) -> None:
    _, begun = begin(body, status)
    assert (begun.request_id, begun.memo["token_secret"].reveal()) == ("rt-1", "rs-1")


NAMES = {
    "Ada+Lovelace": "Ada Lovelace",
    "Ada%20Lovelace": "Ada Lovelace",
    "Zoë": "Zoë",
    "Zo%C3%AB": "Zoë",
    "你好+世界": "你好 世界",
    "a=b==": "a=b==",
    "a%2Bb": "a+b",
    "": "",
}


@pytest.mark.parametrize("written", NAMES)
def test_what_real_servers_write_in_a_name(written: str) -> None:
    """Fields that are for people have one reading in all of these; it is what every reader of forms reads."""
    body = f"oauth_token=a&oauth_token_secret=b&name={written}&user_id=42".encode()
    assert parse_form(body)["name"] == NAMES[written]
    assert dict(parse_qsl(body.decode(), keep_blank_values=True))["name"] == NAMES[written]


PROTOCOL_FIELDS = ["oauth_token", "oauth_token_secret", "oauth_callback_confirmed", "oauth%5Ftoken", "oauth_anything"]


@pytest.mark.parametrize("name", PROTOCOL_FIELDS)
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("a+b", "'+'"),
        ("ab==", "'='"),
        ("é", "beyond ASCII"),
        ("a b", "a space"),
        ("a;b", "semicolon"),
        ("a\nb", "line end"),
    ],
)
def test_protocol_fields_stay_strict(name: str, value: str, kind: str) -> None:
    """A token is compared and signed: it must be the same to every reader. The hint says the kind alone."""
    with pytest.raises(errors.ProviderReplyInvalid) as refused:
        parse_form(f"name=Ada&{name}={value}&user_id=42".encode())
    assert kind in refused.value.hint
    assert value not in refused.value.hint
    assert parse_form(f"name=Ada&{name}=ab&user_id=42".encode())["user_id"] == "42"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b"canary", "without '='"),
        (b"a=canary&&b=1", "an empty pair"),
        (b"a=canary;b=1", "a semicolon"),
        (b"a=canary b", "a space"),
        (b"a=canary\nb=1", "a line end"),
        (b"a=canary\xff", "not UTF-8"),
        (b"a=<canary>", "a character that no form has"),
        (b"a=canary&a=canary", "twice"),
        (b"a+b=canary", "a character that no form has"),
    ],
)
def test_the_hint_says_what_was_found(body: bytes, kind: str) -> None:
    with pytest.raises(errors.ProviderReplyInvalid) as refused:
        parse_form(body)
    assert kind in refused.value.hint
    assert "canary" not in refused.value.hint


REFUSALS = [
    (401, b'{"errors":[{"code":32,"message":"Could not authenticate you."}]}', errors.ProviderRefusedKeys),
    (401, b"Failed to validate oauth signature and token", errors.ProviderRefusedKeys),
    (403, b'<?xml version="1.0"?><errors><error code="415">Callback URL</error></errors>', errors.CallbackNotApproved),
    (403, b'{"errors":[{"code":415,"message":"Callback URL not approved"}]}', errors.CallbackNotApproved),
    (401, b'{"errors":[{"code":135,"message":"Timestamp out of bounds."}]}', errors.ClockOff),
    (429, b'{"errors":[{"code":88,"message":"Rate limit exceeded"}]}', errors.ProviderBusy),
    (500, b"", errors.ProviderUnavailable),
    (503, b'{"errors":[{"code":130,"message":"Over capacity"}]}', errors.ProviderUnavailable),
    (418, b"", errors.ProviderReplyInvalid),
]


@pytest.mark.parametrize(("status", "body", "kind"), REFUSALS)
def test_a_refusal_is_named_by_status_and_code(status: int, body: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind) as refused:
        begin(body, status)
    assert type(refused.value) is kind


def test_the_same_401_means_keys_at_the_start_and_the_verifier_at_the_end() -> None:
    flow = PROTOCOL.exchange(MEMO, returned(RETURNED), stamp())
    next(flow)
    with pytest.raises(errors.ProviderRefused):
        flow.send(HttpResponse(status=401, headers={}, body=b"This feature is temporarily unavailable"))


@pytest.mark.parametrize(("given", "seconds"), [("30", 30), ("0", 1), ("99999", 900), ("soon", 15), ("", 15)])
def test_retry_after_is_bounded(given: str, seconds: int) -> None:
    with pytest.raises(errors.ProviderBusy) as busy:
        begin(b"", 429, retry_after=given)
    assert busy.value.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("reset", "seconds"), [("1318467487", 60), ("1318467437", 10), ("1", 1), ("9" * 11, 900), ("x", 15)]
)
def test_xs_own_reset_is_read_by_xs_own_clock(reset: str, seconds: int) -> None:
    with pytest.raises(errors.ProviderBusy) as busy:
        begin(b"", 429, x_rate_limit_reset=reset, date="Thu, 13 Oct 2011 00:57:07 GMT")
    assert busy.value.retry_after_seconds == seconds


# A year, a day, an offset from UTC that no clock has; nothing; words; digits that are not ASCII.
NOT_DATES = ["Thu, 13 Oct 99999999999999999999 00:57:07 GMT", "Thu, 99999999999999999999 Oct 2011 00:57:07 GMT"]
NOT_DATES += ["Thu, 13 Oct 2011 00:57:07 +99999999999999999999", "Thu, 13 Oct 2011 00:57:07 " + "9" * 3000]
NOT_DATES += ["Thu, 13 Oct 2011 00:57:07 +9999", "Thu, 31 Feb 2011 00:57:07 GMT", "", "now", "Thu, 13 Oct \xb2011"]


@pytest.mark.parametrize("date", NOT_DATES)
def test_a_date_that_is_no_time_says_nothing(date: str) -> None:
    """Whatever a provider puts there, it asks to wait, and nothing else happens."""
    with pytest.raises(errors.ProviderBusy) as busy:
        begin(b"", 429, x_rate_limit_reset="1318467487", date=date)
    assert busy.value.retry_after_seconds == 15


def test_a_date_without_a_zone_is_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 5322 §3.3: "-0000". It says nothing of this machine's zone."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        with pytest.raises(errors.ProviderBusy) as busy:
            begin(b"", 429, x_rate_limit_reset="1318467487", date="Thu, 13 Oct 2011 00:57:07 -0000")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert busy.value.retry_after_seconds == 60


def test_a_login_that_was_begun_over_another_protocol_is_refused() -> None:
    kept = PendingRequest(request_id="rt-1", callback_url=CALLBACK, memo={"verifier": Secret("v")})
    with pytest.raises(errors.ForeignToken):
        next(PROTOCOL.exchange(kept, returned(RETURNED), stamp()))


@pytest.mark.parametrize("token", ["rt-2", "", "rt-1 ", "RT-1", None])
def test_the_token_that_came_back_must_be_the_one_issued(token: str | None) -> None:
    query = {"oauth_verifier": "v-1"} | ({"oauth_token": token} if token is not None else {})
    with pytest.raises(errors.ForeignToken):
        next(PROTOCOL.exchange(MEMO, returned(query), stamp()))


def test_absent_never_equals_absent() -> None:
    empty = PendingRequest(request_id="", callback_url=CALLBACK, memo={"token_secret": Secret("")})
    with pytest.raises(errors.ForeignToken):
        next(PROTOCOL.exchange(empty, returned({"oauth_token": "", "oauth_verifier": "v"}), stamp()))


def test_no_verifier_no_call() -> None:
    with pytest.raises(errors.BadRequest):
        next(PROTOCOL.exchange(MEMO, returned({"oauth_token": "rt-1"}), stamp()))


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"oauth_token": "a"},
        {"oauth_verifier": "b"},
        {"oauth_token": "a", "oauth_verifier": "b", "denied": "a"},
        {"denied": "a", "oauth_token": "a"},
        {"denied": ""},
    ],
)
def test_the_callback_is_one_thing_or_nothing(query: dict[str, str]) -> None:
    with pytest.raises(errors.BadRequest):
        PROTOCOL.parse_callback(query)


def test_the_callback() -> None:
    assert PROTOCOL.parse_callback(RETURNED).refusal is None
    denied = PROTOCOL.parse_callback({"denied": "rt-1"})
    assert (denied.request_id, type(denied.refusal)) == ("rt-1", errors.Denied)


def test_nothing_prints_a_secret() -> None:
    """repr, str and format of every value that holds one."""
    request, begun = begin()
    _, token = talk(PROTOCOL.exchange(MEMO, returned(RETURNED), stamp()), GRANTED)
    shown = f"{request!r} {begun!r} {MEMO!r} {token!r} {PROTOCOL!r} {MEMO.memo} {MEMO.memo['token_secret']:>9}"
    for secret in ("rs-1", "as-1", "at-1", "L8qq9PZ", "oauth_signature", "X9xhcB9d"):
        assert secret not in shown
    assert re.search(r"Secret\(…\)", shown)


def test_secrets_do_not_compare_hash_or_pickle() -> None:
    import pickle

    with pytest.raises(TypeError):
        _ = Secret("a") == Secret("a")
    with pytest.raises(TypeError):
        hash(Secret("a"))
    with pytest.raises(TypeError):
        pickle.dumps(Secret("a"))
