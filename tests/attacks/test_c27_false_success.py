"""C27: success is 200 or 201 and the form that was asked for; everything else that smiles fails, without a trace."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.browser import Answer, Browser
from support.fronts import EACH, X
from support.servers import App, Provider

GRANTED = "oauth_token=a&oauth_token_secret=b&user_id=7&screen_name=c&oauth_callback_confirmed=true"
REPLIES = [
    {"status": 200, "body": "<html><body>Welcome</body></html>", "content_type": "text/html"},
    {"status": 200, "body": ""},
    {"status": 201, "body": ""},
    {"status": 203, "body": GRANTED},
    {"status": 202, "body": GRANTED},
    {"status": 204, "body": ""},
    {"status": 206, "body": GRANTED},
    {"status": 302, "body": GRANTED, "headers": {"Location": "/elsewhere"}},
    {"status": 200, "body": "{}", "content_type": "application/json"},
    {"status": 200, "body": "ok", "content_type": "text/plain"},
]


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: f"{reply['status']} {reply['body'][:9]}")
@pytest.mark.parametrize(
    ("front", "endpoint"), [(X.name, "request_token"), *((name, "exchange") for name in EACH)], indirect=["front"]
)
def test_failure_and_no_state(
    app: App,
    provider: Provider,
    browser: Callable[[], Browser],
    person: dict[str, str],
    sign_in: Callable[..., Answer],
    endpoint: str,
    reply: dict[str, object],
) -> None:
    before = app.all_rows()
    profile = browser()
    if endpoint == "request_token":
        provider.fault(endpoint, "status", **reply)
        begun = profile.begin()
        assert begun.answer.status == 502
    else:
        begun = profile.begin()
        provider.fault(endpoint, "status", **reply)
        answer = profile.come_back(provider.approve(begun.send_to, **person))
        assert answer.code == "provider_reply_invalid"
    assert len(provider.calls(endpoint)) == 1
    assert profile.session_cookie is None
    after = app.all_rows()
    assert {**after, "login_claims": 0} == {**before, "login_claims": 0}
    told = profile.collect(begun.login).json()["login"]
    assert (told["state"], told["error"]["code"]) == ("failed", "provider_reply_invalid")
    sign_in(profile, **person)
