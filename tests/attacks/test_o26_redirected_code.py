"""O26: a token endpoint that redirects to an attacker's server gets no code there. C28, for OAuth 2.0."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.hostile import Hostile
from support.hostile_http import Reply, Request
from support.in_process import InProcess
from support.with_p import NewApp, refuses, signs_in, stays_out, variables

STATUSES = (300, 301, 302, 303, 305, 307, 308)


def targets(p: Hostile, evil: Hostile) -> list[str]:
    """To another server, in each way to name one; back to P; and to what only the app can reach."""
    host = evil.origin.removeprefix("http:")
    return [f"{evil.origin}/token", host, f"{evil.origin}/acme/token#x", f"{p.origin}/acme/token", "/acme/token",
            "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "?x=y"]  # fmt: skip


@pytest.mark.parametrize("name", ["acme", "github"])
def test_the_code_stays_here(app_with_p: InProcess, p: Hostile, other_p: Hostile, name: str) -> None:
    """By the journals of both: one token request, and none to the other server. Nor is the redirect a success, though
    its body is a good reply."""

    def redirects(status: int, target: str) -> Callable[[Request, Callable[[], Reply]], Reply]:
        return lambda request, usual: Reply(status, usual().body, {"Location": target})

    for status in STATUSES:
        for target in targets(p, other_p) if status in (302, 307) else [f"{other_p.origin}/token"]:
            p.replace("token", redirects(status, target))
            refuses(app_with_p, p, name, what=f"{status} {target}")
            p.restore("token")
    assert other_p.journal == []
    signs_in(app_with_p, p, name)


@pytest.mark.parametrize("header", ["Refresh", "Content-Location", "Link"])
def test_headers_that_are_like_redirects(app_with_p: InProcess, p: Hostile, other_p: Hostile, header: str) -> None:
    """A success with such a header is a success, and the header is nothing."""
    value = {"Refresh": f"0; url={other_p.origin}/token", "Link": f"<{other_p.origin}/token>; rel=canonical"}
    sent = {header: value.get(header, f"{other_p.origin}/token")}
    p.replace("token", lambda request, usual: Reply(body=usual().body, headers=sent))
    signs_in(app_with_p, p)
    assert other_p.journal == []


@pytest.mark.parametrize("endpoint", ["profile", "emails", "userinfo"])
def test_the_access_token_stays_here(app_with_p: InProcess, p: Hostile, other_p: Hostile, endpoint: str) -> None:
    """A profile that is moved is no profile; an e-mail or a name that is moved is not there."""
    name = "acme" if endpoint == "userinfo" else "github"
    if endpoint == "userinfo":
        p.claims = {"email": None}
    for status in STATUSES:
        p.replace(endpoint, status=status, headers={"Location": f"{other_p.origin}/{endpoint}"})
        if endpoint == "profile":
            refuses(app_with_p, p, name, calls=("token", "profile"))
        else:
            profile = signs_in(app_with_p, p, name)
            assert profile.account()["identities"][0]["email"] is None
        p.restore(endpoint)
    assert other_p.journal == []
    assert signs_in(app_with_p, p, name).account()["identities"][0]["email"]


@pytest.mark.parametrize("status", [302, 307])
@pytest.mark.parametrize("endpoint", ["discovery", "keys"])
def test_documents_that_are_moved(new_app: NewApp, p: Hostile, other_p: Hostile, endpoint: str, status: int) -> None:
    """Before a login begins: it does not."""
    app = new_app(VALETKEY_PROVIDERS="acme", **variables(p))
    p.replace(endpoint, status=status, headers={"Location": f"{other_p.origin}/acme/{endpoint}"})
    profile, before = app.browser(), app.all_rows()
    begun = profile.begin_at("acme")
    assert (begun.send_to, begun.answer.status) == ("", 502)
    assert "provider_reply_invalid" in begun.answer.text
    stays_out(profile)
    assert other_p.journal == []
    assert app.all_rows() == before
    p.restore(endpoint)
    signs_in(app, p)
