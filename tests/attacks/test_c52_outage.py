"""C52: the provider is out at the exchange, for good. The user's page says so, the log says why, and no verifier is
sent more than twice. Only a server that died is an interruption."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support.browser import Answer, Browser
from support.fronts import FURTHER, at_each
from support.servers import App, Provider, app_and_provider

OUTAGES: dict[str, tuple[dict[str, Any], str]] = {
    "503": (
        {"kind": "status", "status": 503, "body": "canary-of-the-body", "content_type": "text/plain"},
        r"access_token was answered with status 503 \(text body\)",
    ),
    "503, HTML": (
        {"kind": "status", "status": 503, "body": "<html>canary-of-the-body</html>"},
        r"access_token was answered with status 503 \(HTML body\)\. .*Something between this server and the provider",
    ),
    "hang-up": ({"kind": "drop"}, r"The connection ended before the reply did"),
    "hang-up after the work": ({"kind": "commit_then_drop"}, r"The connection ended before the reply did"),
}
SENTENCE = "The sign-in service does not answer right now."


@pytest.fixture(scope="module")
def lenient() -> Iterator[tuple[App, Provider]]:
    """An app of its own, so that its log is of these tests alone; and X as it is said to be."""
    with app_and_provider(PROGRAM="serve --no-profile", fronts=FURTHER) as (app, provider):
        yield app, provider


def token_of(answer: Answer) -> str:
    assert answer.status == 200, answer.text
    return answer.send_to


@at_each
@pytest.mark.parametrize(("fault", "cause"), OUTAGES.values(), ids=list(OUTAGES))
def test_it_ends_with_the_providers_error(
    lenient: tuple[App, Provider], front: str, fault: dict[str, Any], cause: str
) -> None:
    """Two restarts, and then the page, the log and the waiting page say the same; the next click lands."""
    app, provider = lenient[0], lenient[1].at(front)
    provider.reset()
    provider.set(lenient=True)
    before, logged = app.all_rows(), len(app.server.log)
    provider.fault("exchange", times=50, **fault)
    profile = Browser(app.base, provider=front)
    begun = profile.begin()
    callbacks, answer, cookies = [provider.approve(begun.send_to)], None, {}
    for _ in range(3):
        began_at, cookies = time.monotonic(), dict(profile.cookies)
        answer = profile.come_back(callbacks[-1])
        assert time.monotonic() - began_at < 10
        if answer.status == 200:
            callbacks.append(provider.approve(token_of(answer)))
    assert answer is not None
    assert answer.code == "provider_unavailable"
    page = profile.visit(answer.header("location") or "")
    assert (page.status, SENTENCE in page.text) == (503, True)
    error = profile.session(begun.login)["login"]["error"]
    assert (error["code"], error["message"].startswith(SENTENCE)) == ("provider_unavailable", True)
    # The claim says so, too: to a delivery with the login's cookie as it was before.
    assert Browser(app.base, cookies=cookies, provider=front).come_back(callbacks[-1]).code == "provider_unavailable"

    log = app.server.log[logged:]
    assert len(re.findall(rf"{front}: the exchange has no usable reply: .*{cause}", log)) == 3
    assert len(re.findall(rf"{front}: the second exchange has no usable reply: ", log)) == 3
    assert re.findall(r"the login begins again \((\d) of 2\): ", log) == ["1", "2"]
    assert len(re.findall(rf"provider_unavailable: .*{cause}", log)) >= 1
    assert "canary" not in log
    assert set(provider.exchanged.values()) == {2}
    assert [one for one in [*provider.exchanged, *provider.secrets] if one in log] == []
    assert {**app.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}

    provider.control("DELETE", "faults")
    again = Browser(app.base, provider=front)
    assert again.come_back(provider.approve(again.begin().send_to)).status == 303
    assert again.account() is not None


def test_a_start_that_fails_in_a_restart(lenient: tuple[App, Provider]) -> None:
    """The exchange is lost and the whole provider with it: the error of the new start is the outcome."""
    app, provider = lenient
    provider.reset()
    profile = Browser(app.base)
    begun = profile.begin()
    callback = provider.approve(begun.send_to)
    provider.fault("access_token", "drop", times=50)
    provider.fault("request_token", "status", times=50, status=403, body='{"errors":[{"code":416}]}')
    cookies = dict(profile.cookies)
    assert profile.come_back(callback).code == "app_not_allowed"
    assert profile.session(begun.login)["login"]["error"]["code"] == "app_not_allowed"
    assert Browser(app.base, cookies=cookies).come_back(callback).code == "app_not_allowed"
    assert len(provider.exchanges) == 2
    assert "request_token was answered with status 403 (code 416, JSON body)" in app.server.log


REFUSALS: dict[str, tuple[int, str, str, str]] = {
    "used": (401, "This feature is temporarily unavailable, canary", "provider_refused", "(text body)"),
    "suspended person": (403, '{"errors":[{"code":64,"message":"canary"}]}', "suspended_at_provider", "(code 64, "),
    "locked person": (403, '{"errors":[{"code":326,"message":"canary"}]}', "suspended_at_provider", "(code 326, "),
    "suspended app": (401, '{"errors":[{"code":416,"message":"canary"}]}', "app_not_allowed", "(code 416, "),
    "firewall": (403, "<html><title>canary</title></html>", "provider_reply_invalid", "(HTML body)"),
    "keys": (401, '{"errors":[{"code":32,"message":"canary"}]}', "wrong_keys", "(code 32, "),
}


@pytest.mark.parametrize(("status", "body", "code", "facts"), REFUSALS.values(), ids=list(REFUSALS))
def test_a_refusal_is_told_once_and_right(
    lenient: tuple[App, Provider], status: int, body: str, code: str, facts: str
) -> None:
    """One exchange, one outcome, for the page, the waiting page and the second delivery; nobody is signed in."""
    app, provider = lenient
    provider.reset()
    provider.set(lenient=True)
    before, logged = app.all_rows(), len(app.server.log)
    profile = Browser(app.base)
    begun = profile.begin()
    provider.fault("access_token", "status", status=status, body=body)
    callback, cookies = provider.approve(begun.send_to), dict(profile.cookies)
    answer = profile.come_back(callback)
    assert answer.code == code
    assert profile.visit(answer.header("location") or "").status in (403, 502)
    assert profile.session(begun.login)["login"]["error"]["code"] == code
    assert Browser(app.base, cookies=cookies).come_back(callback).code == code
    assert len(provider.exchanges) == 1
    assert f"{code}: access_token was answered with status {status} {facts}" in app.server.log[logged:]
    assert "canary" not in app.server.log[logged:]
    assert {**app.all_rows(), "login_claims": 0} == {**before, "login_claims": 0}
    again = Browser(app.base)
    assert again.come_back(provider.approve(again.begin().send_to)).status == 303


STARTS: dict[str, tuple[int, str, str, str]] = {
    "keys": (401, '{"errors":[{"code":32,"message":"canary"}]}', "wrong_keys", "consumer key"),
    "callback": (403, '<errors><error code="415">canary</error></errors>', "callback_not_approved", "/auth/twitter"),
    "desktop": (
        401,
        "Desktop applications only support the oauth_callback value 'oob'",
        "callback_not_approved",
        "web app",
    ),
    "suspended app": (401, '{"errors":[{"code":416,"message":"canary"}]}', "app_not_allowed", "developer portal"),
    "firewall": (403, "<!DOCTYPE html><title>canary</title>", "provider_reply_invalid", "a firewall"),
    "captive portal": (200, "<!DOCTYPE html><title>canary</title>", "provider_reply_invalid", "captive portal"),
}


@pytest.mark.parametrize(("status", "body", "code", "hint"), STARTS.values(), ids=list(STARTS))
def test_a_start_that_is_refused(lenient: tuple[App, Provider], status: int, body: str, code: str, hint: str) -> None:
    """Page and log say why; the callback URL that was sent stands there, where it is what was refused."""
    app, provider = lenient
    provider.reset()
    logged = len(app.server.log)
    provider.fault("request_token", "status", status=status, body=body)
    profile = Browser(app.base)
    begun = profile.begin()
    log = app.server.log[logged:]
    assert begun.answer.status == 502
    assert hint in begun.answer.text
    assert profile.session(begun.login)["login"]["error"]["code"] == code
    line = next(line for line in log.splitlines() if f"{code}: " in line)
    assert f"request_token was answered with status {status} (" in line
    assert (f"{app.base}/auth/twitter" in line) == (code == "callback_not_approved")
    assert "canary" not in log + begun.answer.text
    assert profile.begin().answer.status == 200  # the control: the same person, the next click


def test_a_server_that_died_is_an_interruption() -> None:
    """What was no provider's fault is not reported as one."""
    with app_and_provider(PROGRAM="serve --no-profile") as (app, provider):
        provider.set(lenient=True)
        profile = Browser(app.base)
        app.stop()
        app.start(dies="after claim 1")
        begun = profile.begin()
        callback = provider.approve(begun.send_to)
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            profile.come_back(callback)
        app.server.kill()
        app.start()
        app.query("UPDATE login_claims SET leased_until = 0")
        assert profile.session(begun.login)["login"]["error"]["code"] == "interrupted"
        # The dead server's exchange may have been a yes: "already used" now says nothing about the provider.
        provider.fault("access_token", "status", status=401, body="This feature is temporarily unavailable")
        answer = profile.come_back(callback)
        assert "the login begins again (1 of 2): the server that sent the first exchange died" in app.server.log
        assert len(provider.exchanges) == 1
        assert profile.come_back(provider.approve(token_of(answer))).status == 303
