"""C17 for the app's own routes: what changes something by cookie is asked for by a page of the app, and by nobody else.
A header that comes twice says nothing."""

from __future__ import annotations

import http.client
from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.servers import App, Provider

from attacks.test_c17_start_csrf import EVIL, SENDERS


@pytest.mark.parametrize(("headers", "allowed"), SENDERS)
def test_who_may_change_something(
    app: App,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
    headers: dict[str, str],
    allowed: bool,
) -> None:
    sent = {name: value.format(base=app.base) for name, value in headers.items()}
    profile = browser()
    sign_in(profile, **person)
    answer = profile.request("POST", "/api/me", headers=sent)
    assert answer.status == (200 if allowed else 403)
    assert (person["user_id"] in answer.text) == allowed
    assert profile.request("GET", "/api/me", headers=sent).status == 200  # what only reads asks for the session alone


@pytest.mark.parametrize(
    "twice",
    [
        [("Origin", "{base}"), ("Origin", EVIL)],
        [("Origin", EVIL), ("Origin", "{base}")],
        [("Origin", "{base}"), ("Origin", "{base}")],
        [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
        [("Origin", "{base}"), ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")],
    ],
)
def test_a_header_that_came_twice(app: App, provider: Provider, twice: list[tuple[str, str]]) -> None:
    def begun(headers: list[tuple[str, str]]) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
        connection.putrequest("POST", "/auth/twitter")
        for name, value in [("Content-Type", "application/json"), ("Content-Length", "2"), *headers]:
            connection.putheader(name, value.format(base=app.base))
        connection.endheaders(b"{}")
        status = connection.getresponse().status
        connection.close()
        return status

    assert begun(twice) == 403
    assert provider.journal == []
    assert begun(twice[:1] if EVIL not in twice[0] else twice[1:]) == 200  # the control: once, it is an answer
