"""C11: no secret in a log, the server's access log included, at any level."""

from __future__ import annotations

import re
from collections.abc import Callable

from support.browser import Browser
from support.fronts import at_both
from support.servers import SECRET, App, Provider

pytestmark = at_both

FAULTS = [
    {"kind": "status", "status": 401, "body": "This feature is temporarily unavailable"},
    {"kind": "status", "status": 500, "body": "oauth_token_secret=leak"},
    {"kind": "body", "body": "<html>oauth_token_secret=leak</html>"},
    {"kind": "replace", "remove": ["user_id", "id_token"]},
    {"kind": "drop"},
]


def test_after_every_kind_of_end(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """Logins that land and logins that fail in each way, then the whole log is searched."""
    profile = browser()
    tokens, passes, sealed = [], [], []

    def live(**fault: object) -> None:
        begun = profile.begin()
        sealed.extend(profile.login_cookies.values())
        tokens.append(begun.token)
        if fault:
            provider.fault("exchange", str(fault.pop("kind")), 2, **fault)
        answer = profile.come_back(provider.approve(begun.send_to, **person))
        if answer.header("location"):
            profile.visit(answer.header("location") or "")
        passes.append(profile.session_cookie or "-")
        provider.control("DELETE", "faults")

    live()
    for fault in FAULTS:
        live(**fault)
    profile.me()
    profile.come_back(provider.cancel(profile.begin().send_to))
    profile.visit("/auth/nowhere?oauth_verifier=canary-verifier")
    browser().visit(
        f"/auth/{provider.front.name}?{provider.front.names}=canary-token&{provider.front.proof}=canary-verifier"
    )
    profile.sign_out()

    log = app.server.log
    verifiers = list(provider.exchanged)
    assert len(verifiers) >= 4
    canaries = [*provider.secrets, *verifiers, *tokens, *sealed, *passes, SECRET, provider.secret]
    assert [one for one in canaries if len(one) > 8 and one in log] == []
    assert "canary" not in log
    assert "leak" not in log
    # The log is there, names what failed, and prints the paths without their queries.
    assert re.search(rf'"GET /auth/{provider.front.name} HTTP/1\.1" 303', log)
    assert "provider_refused" in log
