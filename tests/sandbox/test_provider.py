"""An offline X: strict where X is documented, in X's words, and open to everybody who tests against it."""

from __future__ import annotations

import base64
import json
import re
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
import tweepy
from requests_oauthlib import OAuth1, OAuth1Session
from support.waiting import wait_for

from valetkey.testing.sandbox import SandboxSettings, running

CALLBACK = "http://127.0.0.1:8000/auth/twitter"
KEY, SECRET = "sandbox-key", "sandbox-secret"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxSettings]:
    with running(SandboxSettings(callbacks=(CALLBACK,))) as live:
        yield live


class Control:
    """Its control, and a client of the field."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def __call__(self, method: str, path: str, value: object = None) -> Any:
        url = f"{self.origin}/__sandbox__/{path}"
        answer = requests.request(method, url, json=value, headers={"X-Sandbox-Control": "1"}, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, **client: Any) -> requests.Response:
        auth = OAuth1(
            client.pop("key", KEY),
            client.pop("secret", SECRET),
            callback_uri=client.pop("callback", CALLBACK),
            **client,
        )
        return requests.post(f"{self.origin}/oauth/request_token", auth=auth, timeout=5)

    def token(self) -> dict[str, str]:
        return dict(parse_qsl(self.ask().text))

    def approve(self, token: str, **who: str) -> dict[str, str]:
        callback = self("POST", "approve", {"oauth_token": token, **(who or {"persona": "ada"})})["callback"]
        return dict(parse_qsl(urlsplit(callback).query))

    def exchange(self, token: dict[str, str], verifier: str, secret: str | None = None) -> requests.Response:
        auth = OAuth1(
            KEY,
            SECRET,
            token["oauth_token"],
            token["oauth_token_secret"] if secret is None else secret,
            verifier=verifier,
        )
        return requests.post(f"{self.origin}/oauth/access_token", auth=auth, timeout=5)


@pytest.fixture
def control(sandbox: SandboxSettings) -> Control:
    made = Control(sandbox.origin)
    made("POST", "reset")
    return made


# The clients of the field


def test_requests_oauthlib(control: Control) -> None:
    session = OAuth1Session(KEY, client_secret=SECRET, callback_uri=CALLBACK)
    token = session.fetch_request_token(f"{control.origin}/oauth/request_token")
    assert token["oauth_callback_confirmed"] == "true"
    came = control.approve(token["oauth_token"])
    session.parse_authorization_response(
        f"{CALLBACK}?oauth_token={came['oauth_token']}&oauth_verifier={came['oauth_verifier']}"
    )
    access = session.fetch_access_token(f"{control.origin}/oauth/access_token")
    assert access["screen_name"] == "ada"
    me = session.get(f"{control.origin}/1.1/account/verify_credentials.json", params={"include_email": "true"}).json()
    assert (me["screen_name"], me["id_str"], me["email"]) == ("ada", access["user_id"], "ada@example.com")
    assert session.get(f"{control.origin}/2/users/me").json()["data"]["username"] == "ada"
    session.close()


def test_tweepy(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = tweepy.OAuth1UserHandler(KEY, SECRET, callback=CALLBACK)
    monkeypatch.setattr(handler, "_get_oauth_url", lambda endpoint: f"{control.origin}/oauth/{endpoint}")
    sent_to = handler.get_authorization_url(signin_with_twitter=True)
    assert sent_to.startswith(f"{control.origin}/oauth/authenticate?oauth_token=")
    came = control.approve(parse_qs(urlsplit(sent_to).query)["oauth_token"][0], persona="bare")
    access, secret = handler.get_access_token(came["oauth_verifier"])
    assert access.startswith("9000000000000000002-")
    assert secret


@pytest.mark.parametrize("placement", ["header", "query", "body"])
def test_parameters_wherever_a_client_puts_them(control: Control, placement: str) -> None:
    """The verifier in header, query or form: X's own clients do each."""
    token = control.token()
    verifier = control.approve(token["oauth_token"])["oauth_verifier"]
    auth = OAuth1(
        KEY,
        SECRET,
        token["oauth_token"],
        token["oauth_token_secret"],
        verifier=verifier if placement == "header" else None,
    )
    extra = {"oauth_verifier": verifier, "oauth_token": token["oauth_token"]}
    url = f"{control.origin}/oauth/access_token"
    sent = {"params": extra} if placement == "query" else {"data": extra} if placement == "body" else {}
    # oauthlib signs what it is given twice; what is equal in header and query must count once.
    if placement != "header":
        sent = {name: {"oauth_verifier": verifier} for name in sent}
    answer = requests.post(url, auth=auth, timeout=5, **sent)
    assert answer.status_code == 200, answer.headers.get("x-sandbox-reason")


# Shapes


def test_a_request_token_is_shaped_like_xs(control: Control) -> None:
    """27 characters that hold the app's id and the time; the body in X's order; X's headers."""
    answer = control.ask()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html;charset=utf-8"
    assert answer.headers["cache-control"].startswith("no-cache")
    assert re.fullmatch(r"oauth_token=[\w-]{27}&oauth_token_secret=\w{32}&oauth_callback_confirmed=true", answer.text)
    raw = base64.urlsafe_b64decode(parse_qs(answer.text)["oauth_token"][0] + "=")
    app_id, milliseconds = struct.unpack(">QQ", raw[4:])
    assert app_id == 7002
    assert abs(milliseconds / 1000 - time.time()) < 5


def test_an_access_token_is_shaped_like_xs(control: Control) -> None:
    token = control.token()
    answer = control.exchange(token, control.approve(token["oauth_token"])["oauth_verifier"])
    fields = dict(parse_qsl(answer.text))
    assert list(fields) == ["oauth_token", "oauth_token_secret", "user_id", "screen_name"]
    assert len(fields["oauth_token"]) == 50
    assert fields["oauth_token"].startswith(fields["user_id"] + "-")


# Errors


def error(answer: requests.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["errors"][0]["code"]


def test_the_start_is_refused_in_xs_words(control: Control) -> None:
    assert error(control.ask(key="sandbox-other")) == (401, 32)
    wrong = control.ask(secret="sandbox-wrong")
    assert error(wrong) == (401, 32)
    assert "api_error_code=32" in wrong.headers["www-authenticate"]
    assert error(control.ask(timestamp=str(int(time.time()) - 400))) == (401, 135)
    assert control.ask(timestamp=str(int(time.time()) - 200)).status_code == 200
    assert error(requests.post(f"{control.origin}/oauth/request_token", timeout=5)) == (400, 215)
    unapproved = control.ask(callback=CALLBACK + "/")
    assert unapproved.status_code == 403
    assert 'code="415"' in unapproved.text
    assert CALLBACK in unapproved.headers["x-sandbox-reason"]
    # In this order: a wrong key is named before a wrong time, that before a wrong signature.
    assert error(control.ask(secret="sandbox-wrong", timestamp="1")) == (401, 135)
    assert error(control.ask(key="sandbox-other", timestamp="1")) == (401, 32)
    assert requests.get(f"{control.origin}/oauth/request_token", timeout=5).status_code == 405


def test_a_nonce_is_good_once_and_a_failed_request_does_not_spend_it(control: Control) -> None:
    assert error(control.ask(secret="sandbox-wrong", nonce="one")) == (401, 32)
    now = str(int(time.time()))
    assert control.ask(nonce="one", timestamp=now).status_code == 200
    again = control.ask(nonce="one", timestamp=now)
    assert error(again) == (401, 32)
    assert "nonce" in again.headers["x-sandbox-reason"]


def test_the_exchange_is_refused_in_five_ways(control: Control) -> None:
    token = control.token()
    nobody = control.exchange(token, "x")
    assert (nobody.status_code, nobody.text) == (401, "Invalid request token.")
    verifier = control.approve(token["oauth_token"])["oauth_verifier"]
    unsigned = control.exchange(token, verifier, secret="")
    assert error(unsigned) == (401, 32)
    assert "without the request token secret" in unsigned.headers["x-sandbox-reason"]
    assert "Invalid oauth_verifier parameter" in control.exchange(token, "wrong").text
    assert control.exchange(token, verifier).status_code == 200
    assert control.exchange(token, verifier).text == "This feature is temporarily unavailable"
    assert (
        control.exchange({"oauth_token": "none", "oauth_token_secret": ""}, verifier).text == "Invalid request token."
    )
    auth = OAuth1(KEY, SECRET)
    missing = requests.post(f"{control.origin}/oauth/access_token", auth=auth, timeout=5)
    assert (missing.status_code, missing.text) == (401, "Request token missing")


def test_lenient_lets_pass_what_x_is_said_to(control: Control) -> None:
    control("PATCH", "settings", {"lenient": True})
    token = control.token()
    control.approve(token["oauth_token"])
    for verifier, secret in (("wrong", None), ("wrong", ""), ("again", "nonsense")):
        assert control.exchange(token, verifier, secret).status_code == 200
    unapproved = control.token()
    assert control.exchange(unapproved, "x").status_code == 401


def test_a_suspended_persona_signs_in_and_has_no_profile(control: Control) -> None:
    token = control.token()
    came = control.approve(token["oauth_token"], persona="suspended")
    access = dict(parse_qsl(control.exchange(token, came["oauth_verifier"]).text))
    auth = OAuth1(KEY, SECRET, access["oauth_token"], access["oauth_token_secret"])
    answer = requests.get(f"{control.origin}/1.1/account/verify_credentials.json", auth=auth, timeout=5)
    assert error(answer) == (403, 64)
    unknown = OAuth1(KEY, SECRET, "1-none", "x")
    assert error(requests.get(f"{control.origin}/1.1/account/verify_credentials.json", auth=unknown, timeout=5)) == (
        401,
        89,
    )


def test_its_clock_can_be_off_and_its_date_says_so(control: Control) -> None:
    control("PATCH", "settings", {"clock_offset_seconds": 3600})
    refused = control.ask()
    assert error(refused) == (401, 135)
    theirs = time.mktime(time.strptime(refused.headers["date"], "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone
    assert abs(theirs - time.time() - 3600) < 5
    assert control.ask(timestamp=str(int(time.time()) + 3600)).status_code == 200


def test_diagnostics_can_be_turned_off(control: Control) -> None:
    control("PATCH", "settings", {"diagnostics": False})
    assert "x-sandbox-reason" not in control.ask(secret="sandbox-wrong").headers


# Pages


class Page(HTMLParser):
    """What a person can do there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inputs: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "input":
            self.inputs.append(dict(attrs))
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    @property
    def fields(self) -> dict[str, str]:
        return {one["name"] or "": one["value"] or "" for one in self.inputs if one["type"] == "hidden"}


@pytest.fixture
def browse(control: Control) -> Iterator[Callable[..., requests.Response]]:
    with requests.Session() as session:

        def go(method: str, path: str, **options: Any) -> requests.Response:
            return session.request(method, control.origin + path, allow_redirects=False, timeout=5, **options)

        yield go


def test_a_person_approves(control: Control, browse: Callable[..., requests.Response]) -> None:
    """The first persona is chosen, so that the button alone completes; the next time no click is needed."""
    shown = browse("GET", f"/oauth/authenticate?oauth_token={control.token()['oauth_token']}")
    page = Page(shown.text)
    radios = [one for one in page.inputs if one["type"] == "radio"]
    assert [one["aria-label"] for one in radios] == ["@ada", "@bare", "@rtl", "@longname", "@suspended"]
    assert ["checked" in one for one in radios] == [True, False, False, False, False]
    assert "Sandbox" in shown.text
    came = browse("POST", "/oauth/decide", data={**page.fields, "persona": "ada"})
    assert came.status_code == 302
    assert came.headers["location"].startswith(f"{CALLBACK}?oauth_token={page.fields['oauth_token']}&oauth_verifier=")
    again = control.token()["oauth_token"]
    sent_back = browse("GET", f"/oauth/authenticate?oauth_token={again}")
    assert sent_back.headers["refresh"].startswith(f"1; url={CALLBACK}?oauth_token={again}&oauth_verifier=")
    back, another = Page(sent_back.text).links
    assert sent_back.headers["refresh"].endswith(back)
    assert browse("GET", another).text.count('type="radio"') == 5
    for path in ("authorize", "authenticate"):
        token = control.token()["oauth_token"]
        asked = browse(
            "GET", f"/oauth/{path}?oauth_token={token}&force_login={'true' if path == 'authenticate' else ''}"
        )
        assert asked.status_code == 200
        assert "approved before" in asked.text


def test_a_person_cancels(control: Control, browse: Callable[..., requests.Response]) -> None:
    """As on X: a page with a link, no redirect; and the token is dead."""
    token = control.token()["oauth_token"]
    page = Page(browse("GET", f"/oauth/authenticate?oauth_token={token}").text)
    cancelled = browse("POST", "/oauth/decide", data={**page.fields, "cancel": "1"})
    assert cancelled.status_code == 200
    assert Page(cancelled.text).links == [f"{CALLBACK}?denied={token}"]
    assert browse("GET", f"/oauth/authenticate?oauth_token={token}").status_code == 400
    control("PATCH", "settings", {"deny": "redirect"})
    page = Page(browse("GET", f"/oauth/authenticate?oauth_token={control.token()['oauth_token']}").text)
    assert browse("POST", "/oauth/decide", data={**page.fields, "cancel": "1"}).status_code == 302


def test_only_the_form_that_was_shown_counts(control: Control, browse: Callable[..., requests.Response]) -> None:
    token = control.token()["oauth_token"]
    for fields in ({}, {"form_key": ""}, {"form_key": "guessed"}):
        assert (
            browse("POST", "/oauth/decide", data={"oauth_token": token, "persona": "ada", **fields}).status_code == 403
        )
    assert browse("GET", "/oauth/decide").status_code == 405


def test_dead_ends(control: Control, browse: Callable[..., requests.Response]) -> None:
    for query in ("", "?oauth_token=", "?oauth_token=nonsense"):
        page = browse("GET", f"/oauth/authenticate{query}")
        assert page.status_code == 400
        assert "Whoa there!" in page.text
    token = control.token()
    control.exchange(token, control.approve(token["oauth_token"])["oauth_verifier"])
    assert "used already" in browse("GET", f"/oauth/authenticate?oauth_token={token['oauth_token']}").text


def test_coop_is_on_every_hop_or_on_none(control: Control, browse: Callable[..., requests.Response]) -> None:
    def hops() -> list[str | None]:
        page = browse("GET", f"/oauth/authenticate?oauth_token={control.token()['oauth_token']}&force_login=true")
        back = browse("POST", "/oauth/decide", data={**Page(page.text).fields, "persona": "ada"})
        assert back.status_code == 302
        return [answer.headers.get("cross-origin-opener-policy") for answer in (page, back)]

    assert hops() == [None, None]
    control("PATCH", "settings", {"coop": "same-origin"})
    assert hops() == ["same-origin"] * 2


def test_pages_are_inert(control: Control, browse: Callable[..., requests.Response]) -> None:
    """A persona's name is text, whatever it holds; no script, no frame."""
    nasty = {"user_id": "1", "handle": "x", "name": "<script>alert(1)</script>\"'", "email": "a@b.example"}
    control("PUT", "personas", [nasty])
    page = browse("GET", f"/oauth/authenticate?oauth_token={control.token()['oauth_token']}")
    assert "<script" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


def test_a_pin_where_there_is_no_callback(control: Control, browse: Callable[..., requests.Response]) -> None:
    token = dict(parse_qsl(control.ask(callback="oob").text))
    page = Page(browse("GET", f"/oauth/authorize?oauth_token={token['oauth_token']}").text)
    shown = browse("POST", "/oauth/decide", data={**page.fields, "persona": "ada"})
    (pin,) = re.findall(r"\b\d{7}\b", shown.text)
    assert control.exchange(token, pin).status_code == 200


# Faults, control, and what it refuses to be


def test_faults(control: Control) -> None:
    def fault(kind: str, **details: Any) -> None:
        control("POST", "faults", {"endpoint": "request_token", "kind": kind, **details})

    fault("status", status=503, body="x", headers={"Retry-After": "7"}, times=2)
    assert [control.ask().status_code for _ in range(3)] == [503, 503, 200]
    fault("body", body_base64=base64.b64encode(b"\xff").decode())
    assert control.ask().content == b"\xff"
    fault("replace", set={"oauth_callback_confirmed": "True"}, remove=["oauth_token_secret"], duplicate=["oauth_token"])
    changed = parse_qsl(control.ask().text)
    assert [name for name, _ in changed] == ["oauth_token", "oauth_callback_confirmed", "oauth_token"]
    fault("redirect", status=307, location="https://elsewhere.example/")
    auth = OAuth1(KEY, SECRET, callback_uri=CALLBACK)
    moved = requests.post(f"{control.origin}/oauth/request_token", auth=auth, timeout=5, allow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (307, "https://elsewhere.example/")
    for kind in ("drop", "commit_then_drop"):
        fault(kind)
        with pytest.raises(requests.ConnectionError):
            control.ask()
    # In the order in which they were asked for.
    accepted = [(entry["accepted"], entry["reason"]) for entry in control("GET", "journal")["journal"]][-2:]
    assert accepted == [(False, "fault: drop"), (True, None)]
    fault("delay", seconds=0.3)
    begun = time.monotonic()
    assert control.ask().status_code == 200
    assert time.monotonic() - begun > 0.3
    fault("delay", seconds=60)
    with ThreadPoolExecutor(1) as pool:
        delayed = pool.submit(control.ask)
        wait_for(lambda: control("GET", "journal")["journal"][-1]["reason"] == "fault: delay")
        assert not delayed.done()
        control("DELETE", "faults")
        assert delayed.result(5).status_code == 200
    fault("huge")
    endless = requests.post(f"{control.origin}/oauth/request_token", auth=auth, timeout=5, stream=True)
    assert len(endless.raw.read(1 << 20)) == 1 << 20
    endless.close()
    fault("gzip_bomb")
    bomb = requests.post(f"{control.origin}/oauth/request_token", auth=auth, timeout=5, stream=True)
    assert len(bomb.raw.read(decode_content=False)) < 1 << 20
    assert bomb.headers["content-encoding"] == "gzip"
    bomb.close()


def test_the_journal_tells_everything(control: Control) -> None:
    token = control.token()
    verifier = control.approve(token["oauth_token"])["oauth_verifier"]
    control.exchange(token, verifier)
    first, last = control("GET", "journal")["journal"]
    assert (first["endpoint"], first["oauth_callback"], first["accepted"]) == ("request_token", CALLBACK, True)
    assert (last["endpoint"], last["oauth_token"], last["oauth_verifier"]) == (
        "access_token",
        token["oauth_token"],
        verifier,
    )
    assert last["user_id"] == "9000000000000000001"
    assert {token["oauth_token_secret"], verifier, SECRET} <= set(control("GET", "secrets")["secrets"])


def test_a_page_cannot_steer_it(control: Control) -> None:
    url = f"{control.origin}/__sandbox__/reset"
    for headers in ({}, {"X-Sandbox-Control": "1", "Origin": control.origin}, {"X-Sandbox-Control": "yes"}):
        assert requests.post(url, headers=headers, timeout=5).status_code == 403


@pytest.mark.parametrize(
    "settings",
    [
        {"consumer_key": "xvz1evFS4wEEPTGEFPHBog123"},
        {"consumer_secret": "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw"},
        {"origin": "https://api.x.com"},
        {"origin": "http://192.168.0.1:8001"},
    ],
)
def test_it_refuses_to_be_anything_else(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="sandbox"):
        SandboxSettings(**settings)
    with pytest.raises(ValueError, match="this machine"), running(SandboxSettings(), host="0.0.0.0"):
        pass


def test_settings_are_json(control: Control) -> None:
    assert json.dumps(control("GET", "settings"))
    refused = requests.patch(
        f"{control.origin}/__sandbox__/settings", json={"nonsense": 1}, headers={"X-Sandbox-Control": "1"}, timeout=5
    )
    assert refused.status_code == 400


def test_any_callback_and_no_connection_kept() -> None:
    """For test kits: where nobody registers a callback, and where an event loop may end with each request."""
    with running(SandboxSettings(match="any", keep_alive=False)) as live:
        control = Control(live.origin)
        asked = control.ask(callback="https://app.example.com/auth/twitter")
        assert asked.status_code == 200
        assert asked.headers["connection"] == "close"
        control("PATCH", "settings", {"match": "exact", "keep_alive": True})
        refused = control.ask(callback="https://app.example.com/auth/twitter")
        assert refused.status_code == 403
        assert "connection" not in refused.headers
