"""C19: the callback that the provider sees is the configured one, whatever the request says of hosts."""

from __future__ import annotations

import http.client
from collections.abc import Callable

import pytest
from support.browser import Browser
from support.fronts import X, at_both
from support.servers import App, Provider
from support.wire import mentions

HEADERS = [
    {"Host": "evil.test"},
    {"X-Forwarded-Host": "evil.test"},
    {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443"},
    {"Forwarded": "host=evil.test;proto=https"},
    {"X-Original-URL": "/auth/evil", "X-Rewrite-URL": "/auth/evil"},
    {"X-Forwarded-Prefix": "/evil"},
]


@at_both
@pytest.mark.parametrize("headers", HEADERS)
def test_headers(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], headers: dict[str, str]
) -> None:
    profile = browser()
    sent = {"Origin": app.base, "Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", **headers}
    answer = profile.request("POST", f"/auth/{profile.provider}", body="mode=popup", headers=sent)
    assert answer.status == 200
    assert not mentions(answer.text + str(answer.headers), "evil")
    landed = profile.come_back(provider.approve(answer.send_to, **person), headers=headers)
    assert (landed.header("location") or "").startswith(f"/auth/{profile.provider}/done?login=")
    assert not mentions(str(landed.headers), "evil")
    assert profile.account() is not None
    named = (
        {call["oauth_callback"] for call in provider.calls("request_token")}
        if provider.front is X
        else {call["redirect_uri"] for call in (*provider.calls("authorize"), *provider.exchanges)}
    )
    assert named == {f"{app.base}/auth/{profile.provider}"}


def test_an_absolute_uri(app: App, provider: Provider) -> None:
    """``POST http://evil.test/auth/twitter`` on the request line."""
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
    connection.putrequest("POST", "http://evil.test/auth/twitter", skip_host=True)
    for name, value in {
        "Host": "evil.test",
        "Origin": app.base,
        "Content-Type": "application/json",
        "Content-Length": "2",
    }.items():
        connection.putheader(name, value)
    connection.endheaders(b"{}")
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 200
    (asked,) = provider.calls("request_token")
    assert asked["oauth_callback"] == f"{app.base}/auth/twitter"
    assert not mentions(str(response.getheaders()), "evil")
