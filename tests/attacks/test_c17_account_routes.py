"""C17 for what a signed-in person does with the account: no other site unties an identity, ends a session or begins a
link by this person's cookie."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.servers import App, Provider

from attacks.test_c17_start_csrf import SENDERS

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("headers", [headers for headers, allowed in SENDERS if not allowed])
def test_not_at_another_sites_wish(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
    headers: dict[str, str],
) -> None:
    profile, elsewhere = browser(), browser()
    sign_in(profile, **person)
    sign_in(elsewhere, **person)
    sent = {name: value.format(base=app.base) for name, value in headers.items()}
    (other,) = (one["id"] for one in profile.fetch("GET", "/auth/sessions").json()["sessions"] if not one["current"])
    begun = len(provider.calls("request_token"))
    for method, path, body in (
        ("DELETE", f"/auth/sessions/{other}", None),
        ("DELETE", "/auth/sessions", None),
        ("POST", "/auth/unlink", '{"provider": "twitter"}'),
        ("POST", "/auth/twitter/link", "{}"),
    ):
        answer = profile.request(method, path, body=body, headers={**sent, **(JSON if body else {})})
        assert answer.status == 403, path
        assert answer.all("set-cookie") == []
    assert elsewhere.me().status == 200
    assert len(profile.account()["identities"]) == 1
    assert len(provider.calls("request_token")) == begun


def test_at_a_page_of_the_apps(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer]
) -> None:
    """The control: each of these does something."""
    profile, elsewhere = browser(), browser()
    sign_in(profile, **person)
    sign_in(elsewhere, **person)
    assert profile.fetch("POST", "/auth/unlink", {"provider": "twitter"}).code == "last_identity"
    assert profile.fetch("POST", "/auth/twitter/link", {}).status == 200
    assert profile.fetch("DELETE", "/auth/sessions").status == 204
    assert elsewhere.me().status == 401
