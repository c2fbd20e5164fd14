"""C26: a reply with two readings has none. Ten thousand mutations here; a million by command."""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.servers import App, Provider

from valetkey.errors import ProviderReplyInvalid
from valetkey.protocols.encoding import parse_form

GOOD = b"oauth_token=a&oauth_token_secret=b&user_id=7&screen_name=c"
BODIES = {
    "duplicate id": GOOD + b"&user_id=8",
    "duplicate, encoded": GOOD + b"&user%5Fid=8",
    "semicolons": GOOD.replace(b"&", b";"),
    "mixed separators": GOOD + b";user_id=8",
    "nul": GOOD.replace(b"7", b"7%00"),
    "bom": b"\xef\xbb\xbf" + GOOD,
    "plus": GOOD.replace(b"7", b"+7"),
    "space": GOOD.replace(b"7", b"%207"),
    "empty": b"",
    "latin-1": GOOD.replace(b"=c", b"=\xe9"),
    "utf-16": GOOD.decode().encode("utf-16"),
    "json": b'{"oauth_token":"a","oauth_token_secret":"b","user_id":"7","screen_name":"c"}',
    "array": GOOD.replace(b"user_id", b"user_id[]"),
    "empty id": GOOD.replace(b"=7", b"="),
    "line end within": GOOD.replace(b"&", b"\r\n&"),
    "two ampersands": GOOD.replace(b"&", b"&&"),
    "plus in the token": GOOD.replace(b"oauth_token=a", b"oauth_token=a+b"),
    "equals in the token": GOOD.replace(b"oauth_token=a", b"oauth_token=a="),
    "equals in the id": GOOD.replace(b"=7", b"=7=8"),
    "raw utf-8 in the id": GOOD.replace(b"=7", "=٧".encode()),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
def test_an_ambiguous_exchange_signs_nobody_in(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
    body: bytes,
) -> None:
    """One call, no row but the claim, and the page is told."""
    before = app.all_rows()
    profile = browser()
    begun = profile.begin()
    provider.fault("access_token", "body", body_base64=base64.b64encode(body).decode())
    answer = profile.come_back(provider.approve(begun.token, **person))
    assert answer.code == "provider_reply_invalid"
    assert profile.session_cookie is None
    assert len(provider.exchanges) == 1
    after = app.all_rows()
    assert {**after, "login_claims": 0} == {**before, "login_claims": 0}
    assert profile.collect(begun.login).json()["login"]["error"]["code"] == "provider_reply_invalid"
    sign_in(profile, **person)


WRITTEN = {
    "line end": "{}\r\n",
    "trailing ampersand": "{}&",
    "equals in a name": "{}&name=a=b",
    "plus in a name": "{}&name=Ada+Lovelace",
    "raw utf-8 in a name": "{}&name=Zoë",
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=list(WRITTEN))
@pytest.mark.parametrize("status", [200, 201])
def test_one_reading_signs_in(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], written: str, status: int
) -> None:
    """The control: real servers write their replies like this, and nobody reads them differently."""
    profile = browser()
    begun = profile.begin()
    form = f"oauth_token=a&oauth_token_secret=b&user_id={person['user_id']}&screen_name={person['screen_name']}"
    provider.fault("access_token", "status", status=status, body=written.format(form))
    answer = profile.come_back(provider.approve(begun.token, **person))
    assert answer.status == 303
    assert profile.account()["identities"][0]["handle"] == person["screen_name"]
    assert len(provider.exchanges) == 1


def readings(body: bytes) -> dict[str, str] | None:
    try:
        return parse_form(body)
    except ProviderReplyInvalid:
        return None


def test_mutations_are_read_in_one_way_or_not_at_all() -> None:
    """What is accepted says the same to any strict reader: written out again it is the same bytes' meaning."""
    from urllib.parse import parse_qsl

    draw = random.Random(26)
    alphabet = b"&=;+%\x00\xef\xbb\xbf[]{}\"' aA0_~\r\n\xff"
    accepted = 0
    mutations = int(os.environ.get("VALETKEY_MUTATIONS", "10000"))
    for _ in range(mutations):
        body = bytearray(GOOD)
        for _ in range(draw.randrange(1, 4)):
            at = draw.randrange(len(body) + 1)
            body[at : at + draw.randrange(2)] = bytes([draw.choice(alphabet)])
        read = readings(bytes(body))
        if read is None:
            continue
        accepted += 1
        form = body.decode().strip("\r\n").removesuffix("&")  # what stands around a form says nothing
        pairs = parse_qsl(form, keep_blank_values=True, strict_parsing=True, errors="strict")
        assert dict(pairs) == read
        assert len(pairs) == len(read)
    assert 0.01 < accepted / mutations < 0.9  # it accepts some and refuses some: the mutations bite
