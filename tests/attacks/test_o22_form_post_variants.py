"""O22: the form is sent twice, in another encoding, by another method, or on to another address. One login lands.

Which cookies engines send on the way is in tests/browser/test_form_post.py.
"""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from support.browser import HTML
from support.hostile import Hostile
from support.in_process import InProcess, Visitor
from support.with_p import a_person, stays_out

RETURN = "/auth/acme/return"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def under_way(app_with_p: InProcess, p: Hostile) -> tuple[Visitor, list[tuple[str, str]]]:
    """A login whose user has approved, and its form."""
    profile = app_with_p.browser()
    _, fields = p.approved(profile.begin_at("acme").send_to, a_person())
    p.forget()
    return profile, fields


def lands(profile: Visitor, fields: list[tuple[str, str]]) -> None:
    """The control: nothing that was tried before has used the login up."""
    posted = profile.post_back(RETURN, fields)
    assert profile.visit(posted.header("location") or "").status == 303
    assert profile.account()


def test_replayed(app_with_p: InProcess, p: Hostile, under_way: tuple[Visitor, list[tuple[str, str]]]) -> None:
    """By a reload, before and after the login has landed, and in another browser: one exchange, one session."""
    profile, fields = under_way
    answers = [profile.post_back(RETURN, fields) for _ in range(3)]
    (location,) = {one.header("location") or "" for one in answers}
    assert [profile.visit(location).status for _ in range(2)] == [303, 303]
    account = profile.account()
    again = profile.post_back(RETURN, fields)
    assert again.header("location") == location
    assert profile.visit(location).code is None
    assert profile.account() == account
    thief = app_with_p.browser()
    thief.post_back(RETURN, fields)
    assert thief.visit(location).code in ("another_browser", "cookies_blocked")
    stays_out(thief)
    assert [one.endpoint for one in p.calls()] == ["token"]
    assert (app_with_p.all_rows()["accounts"], app_with_p.all_rows()["sessions"]) == (1, 1)


def test_with_a_cookie_that_has_been_sent(
    app_with_p: InProcess, p: Hostile, under_way: tuple[Visitor, list[tuple[str, str]]]
) -> None:
    """An old browser, or one of the user's own making, sends its cookies with the form: they are not read, so nobody
    is signed in at this address."""
    profile, fields = under_way
    sent = {"Accept": HTML, "Content-Type": FORM, "Origin": p.origin, "Sec-Fetch-Site": "cross-site"}
    answer = profile.request("POST", RETURN, body=urlencode(fields), headers=sent)
    assert (answer.status, answer.all("set-cookie")) == (303, [])
    stays_out(profile)
    assert p.calls() == []
    lands(profile, fields)


def test_in_another_encoding(p: Hostile, under_way: tuple[Visitor, list[tuple[str, str]]]) -> None:
    """A page of another site can send text and multipart without asking. Nothing is read from them."""
    profile, fields = under_way
    boundary = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    )
    bodies = {
        "application/json": json.dumps(dict(fields)),
        "text/plain": urlencode(fields),
        "multipart/form-data; boundary=x": f"{boundary}--x--\r\n",
        "": urlencode(fields),
    }
    for kind, body in bodies.items():
        sent = {"Accept": "application/json", **({"Content-Type": kind} if kind else {})}
        answer = profile.request("POST", RETURN, body=body, headers=sent)
        assert (answer.status, answer.code) == (415, "unsupported_media_type"), kind
        assert answer.all("location") == answer.all("set-cookie") == []
    stays_out(profile)
    assert p.calls() == []
    lands(profile, fields)


def test_by_another_method(p: Hostile, under_way: tuple[Visitor, list[tuple[str, str]]]) -> None:
    """With the fields in the address, and in a body."""
    profile, fields = under_way
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
        for path, body in ((f"{RETURN}?{urlencode(fields)}", None), (RETURN, urlencode(fields))):
            answer = profile.request(method, path, body=body, headers={"Content-Type": FORM})
            assert (answer.status, answer.header("allow")) == (405, "POST"), method
    stays_out(profile)
    assert p.calls() == []
    lands(profile, fields)


def test_a_callback_by_get_with_a_body(p: Hostile, under_way: tuple[Visitor, list[tuple[str, str]]]) -> None:
    """The body is nobody's: a callback is what its address says."""
    profile, fields = under_way
    state = dict(fields)["state"]
    for query in ("", f"?{urlencode({'state': state})}"):
        sent = {"Accept": HTML, "Content-Type": FORM, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        answer = profile.request("GET", f"/auth/acme{query}", body=urlencode(fields), headers=sent)
        assert answer.code == "bad_request"
    stays_out(profile)
    assert p.calls() == []
    lands(profile, fields)


@pytest.mark.parametrize("path", ["/auth/acme", "/auth/acme/link", "/auth/session"])
def test_sent_on_with_its_method_by_a_proxy(
    p: Hostile, under_way: tuple[Visitor, list[tuple[str, str]]], path: str
) -> None:
    """A 307 or 308 to another address of ours: there it is a request from another site. It starts no login, and the
    code is not taken (RFC 9700 §4.12)."""
    profile, fields = under_way
    cookies = dict(profile.cookies)
    for origin in ("https://provider.test", "null"):
        answer = profile.submit(path, dict(fields), Origin=origin, Sec_Fetch_Site="cross-site")
        assert answer.status == 403, answer.text
        assert "<code>foreign_origin</code>" in answer.text
    stays_out(profile)
    assert (p.journal, profile.cookies) == ([], cookies)
    lands(profile, fields)
