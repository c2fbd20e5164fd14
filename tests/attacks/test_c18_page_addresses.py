"""C18, C20 and C42 where a page speaks OAuth 2.0 itself: its login ends at an address that the settings list for this
provider, byte for byte. Nothing else that it sends chooses anything, and its state comes back as it was."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from support.hostile import Hostile
from support.in_process import InProcess
from support.listed import (  # noqa: F401  # fixture
    NAMES,
    OTHER_PAGE,
    PAGE,
    app,
    comes_back,
    listing,
    redeems,
    signs_in,
    starts,
    subject,
)
from support.with_p import NewApp

HOST = "127.0.0.1:8000"
NEARLY = {
    "absent": None,
    "empty": "",
    "a slash more": f"{PAGE}/",
    "a query": f"{PAGE}?",
    "a query with something": f"{PAGE}?next=/admin",
    "a fragment": f"{PAGE}#",
    "a path": f"{PAGE}/else",
    "a path with dots": f"{OTHER_PAGE}/../other",
    "a prefix": f"{OTHER_PAGE}s",
    "a slash at the end of the other": f"{OTHER_PAGE}/",
    "case of the path": f"{PAGE}/Other",
    "case of the scheme": PAGE.replace("http", "HTTP"),
    "https": PAGE.replace("http", "https"),
    "another port": PAGE.replace("8000", "8001"),
    "another name": PAGE.replace("127.0.0.1", "localhost"),
    "a user": f"http://{HOST}@evil.test",
    "a name that begins so": f"http://{HOST}.evil.test",
    "a dot": f"{PAGE}.",
    "a space": f"{PAGE} ",
    "a space before": f" {PAGE}",
    "encoded": f"{PAGE}/%6fther",
    "a backslash": f"{PAGE}\\",
    "no scheme": f"//{HOST}",
    "another host": "https://evil.test/",
    "our callback": f"{PAGE}/auth/acme",
    "a script": "javascript:alert(1)",
    "data": "data:text/html,x",
}


@pytest.mark.parametrize("asked", NEARLY.values(), ids=list(NEARLY))
@pytest.mark.parametrize("name", NAMES)
def test_an_address_that_is_not_listed(app: InProcess, name: str, asked: str | None) -> None:
    """No login begins, nobody is sent anywhere, and the sentence names the variable and what it lists."""
    profile = app.browser()
    answer = starts(profile, name, asked, state="s")
    assert (answer.status, answer.header("location")) == (400, None)
    assert profile.login_cookies == {}
    assert f"{name.upper()}_CALLBACK_URL" in answer.text
    assert "evil" not in answer.text
    assert starts(profile, name).status == 303


def test_a_page_that_another_provider_lists(new_app: NewApp, p: Hostile) -> None:
    """Each provider has its own list. One without pages has no such route, as if it were nowhere."""
    variables = listing(p, PAGE) | {"GITHUB_CALLBACK_URL": f"{PAGE}/auth/github,{OTHER_PAGE}"}
    app = new_app(**variables)
    assert starts(app.browser(), "github", PAGE).status == 400
    assert starts(app.browser(), "acme", OTHER_PAGE).status == 400
    assert starts(app.browser(), "acme", PAGE).status == 303
    bare = new_app(**{**variables, "GITHUB_CALLBACK_URL": f"{PAGE}/auth/github"})
    for answer in (starts(bare.browser(), "github", PAGE), bare.browser().fetch("GET", "/auth/github/authorize")):
        other = bare.browser().fetch("GET", "/auth/github/no-such-thing")
        assert (answer.status, other.status) == (404, 404)
        assert answer.code in (None, other.code)
    assert starts(bare.browser(), "acme", PAGE).status == 303


@pytest.mark.parametrize(
    "raw", ["&redirect_uri=https://evil.test", f"&redirect_uri={PAGE}", "&redirect%5Furi=", "&state=b"]
)
def test_a_parameter_twice(app: InProcess, raw: str) -> None:
    profile = app.browser()
    answer = starts(profile, state="a", raw=raw)
    assert (answer.status, answer.header("location")) == (400, None)
    assert profile.login_cookies == {}


CHOSEN = {
    "client_id": "evil",
    "scope": "everything",
    "response_type": "token",
    "response_mode": "fragment",
    "nonce": "chosen",
    "code_challenge": "chosen" * 8,
    "code_challenge_method": "plain",
    "prompt": "none",
    "login": "A" * 22,
    "mode": "page",
    "return_to": "https://evil.test",
    "challenge": "c" * 43,
    "link": "1",
    "display": "popup",
}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_else_that_it_sends_decides_anything(app: InProcess, p: Hostile, name: str) -> None:
    """The address of the user's page at the provider has our values alone."""
    profile = app.browser()
    plain = parse_qs(urlsplit(starts(profile, name).header("location") or "").query)
    answer = starts(profile, name, state="pages-own", **CHOSEN)
    there = parse_qs(urlsplit(answer.header("location") or "").query)
    drawn = ("state", "nonce", "code_challenge")
    assert {key: one for key, one in there.items() if key not in drawn} == {
        key: one for key, one in plain.items() if key not in drawn
    }
    assert there["client_id"] == [p.client_id]
    assert not {"pages-own", "chosen", "chosen" * 8, "A" * 22} & {one for values in there.values() for one in values}
    assert "A" * 22 not in str(profile.cookies)


# What a page may send as state, and gets back: printable ASCII.
STATES = [
    "STATE",
    "k3j4h5g",
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "a b+c%20d%2Bd&error=x&code=y#frag",
    "=&=&=",
    "https://evil.test/?a=b",
    "%0d%0aSet-Cookie: x=y",
    "x" * 512,
    '"' * 256,
]


@pytest.mark.parametrize("state", STATES, ids=lambda one: one[:20])
def test_its_state_comes_back_unchanged(app: InProcess, p: Hostile, state: str) -> None:
    """And stands in the address alone, encoded. The provider never sees it."""
    profile = app.browser()
    window, who = comes_back(profile, p, state=state)
    assert set(window.query) == {"code", "state"}
    assert (window.address, window.query["state"]) == (PAGE, state)
    assert [one for one in profile.seen if state in one.text and len(state) > 8] == []
    assert [one for one in window.answer.headers if "\r" in one[1] or "\n" in one[1] or " " in one[1][:4]] == []
    assert p.grants[-1].start["state"] not in (state, window.query["code"])
    assert max(len(one) for one in profile.cookies.values()) <= 2200
    assert subject(profile, redeems(profile, window.code)) == who["sub"]


@pytest.mark.parametrize(
    "state", ["x" * 513, '"' * 257, "x" * 10_000, "a\nb", "a\r\nLocation: x", "a\0b", "\x7f", "é", "😀"]
)
def test_a_state_that_is_none(app: InProcess, p: Hostile, state: str) -> None:
    """RFC 6749 App. A.5. Refused here, and sent nowhere."""
    profile = app.browser()
    answer = starts(profile, state=state)
    assert (answer.status, answer.header("location")) == (400, None)
    assert profile.login_cookies == {}
    signs_in(app, p, state="x")


def test_no_state_comes_back_that_was_not_sent(app: InProcess, p: Hostile) -> None:
    """satellizer refuses one: with the code, with a cancel, and where it was sent empty."""
    for fields in ({}, {"state": ""}):
        profile = app.browser()
        window, _ = comes_back(profile, p, **fields)
        assert set(window.query) == {"code"}
        started = starts(profile, **fields)
        callback = p.refuse(started.header("location") or "")
        assert (profile.come_back(callback).header("location") or "") == f"{PAGE}?error=access_denied#"


def test_a_code_in_a_fragment_is_dropped(app: InProcess, p: Hostile) -> None:
    """Whatever stood behind the callback's address, and behind that of the start, does not reach the next page."""
    profile = app.browser()
    started = starts(profile)
    assert (started.header("location") or "").endswith("#")
    answer = profile.come_back(p.approve(started.header("location") or ""))
    assert (answer.header("location") or "").endswith("#")
