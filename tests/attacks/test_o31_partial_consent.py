"""O31: the user lets the app sign in, and keeps an address, a name or a picture to themselves."""

from __future__ import annotations

from typing import Any

import pytest
from support.apples import apple_variables
from support.hostile import ABSENT, Hostile
from support.hostile_http import Reply
from support.in_process import InProcess
from support.tenants import CONTOSO, microsoft_variables, of_tenant
from support.with_p import NewApp, a_person, signs_in, variables

NOTHING: dict[str, object] = dict.fromkeys(("preferred_username", "name", "picture", "email", "email_verified"), ABSENT)
SHOWN = ("handle", "name", "picture", "email")


def client(p: Hostile, name: str) -> dict[str, str]:
    return {
        f"{name.upper()}_CLIENT_ID": p.client_id,
        f"{name.upper()}_CLIENT_SECRET": p.client_secret,
        f"VALETKEY_{name.upper()}_BASE": f"{p.origin}/{name}",
    }


@pytest.fixture
def app(new_app: NewApp, p: Hostile) -> InProcess:
    """Every kind: OpenID Connect by settings alone, by name, by form and with tenants; and OAuth 2.0 alone."""
    env = {**variables(p), **client(p, "google"), **client(p, "github"), **client(p, "discord")}
    env |= {**client(p, "facebook"), **client(p, "twitter"), **apple_variables(p), **microsoft_variables(p)}
    app = new_app(VALETKEY_PROVIDERS="acme,google,apple,microsoft,github,discord,facebook,twitter", **env)
    p.metadata = {}
    return app


def lands(app: InProcess, p: Hostile, name: str, person: dict[str, object]) -> dict[str, Any]:
    profile = app.browser()
    if name == "microsoft":
        oid = f"00000000-0000-0000-0000-{person['sub']:0>12}"
        p.metadata, p.claims = {"issuer": f"{p.origin}/ms/{{tenantid}}/v2.0"}, of_tenant(p, CONTOSO, oid=oid)
    begun = profile.begin_at(name)
    answer = profile.return_from(p, begun, person)
    p.metadata, p.claims = {}, {}
    assert (answer.status, answer.code) == (303, None), answer.text
    assert profile.session(begun.login)["login"]["state"] == "done"
    account = profile.account()
    (identity,) = account["identities"]
    assert identity["email_verified"] in (False, identity["email"] is not None)
    return dict(identity)


@pytest.mark.parametrize("name", ["acme", "google", "apple", "microsoft", "github", "discord", "facebook", "twitter"])
def test_all_is_kept_back(app: InProcess, p: Hostile, name: str) -> None:
    """An id is enough. It is one account, also when the user gives more the next time. What they take back stays as it
    was, and no address is verified any more (docs/email.md)."""
    who = a_person()
    bare = {key: value for key, value in who.items() if key not in NOTHING}
    first = lands(app, p, name, bare)
    assert {key: first[key] for key in SHOWN} == dict.fromkeys(SHOWN)
    second = lands(app, p, name, who)
    assert any(second[key] for key in SHOWN)
    assert lands(app, p, name, bare) == {**second, "email_verified": False}
    assert len(app.identities()) == 1


@pytest.mark.parametrize("name", ["acme", "google", "apple", "discord", "facebook"])
@pytest.mark.parametrize("email", [ABSENT, None, ""], ids=["absent", "null", "empty"])
def test_no_address(app: InProcess, p: Hostile, name: str, email: object) -> None:
    """Whatever the flag beside it says."""
    who = a_person(email=email, email_verified=True)
    identity = lands(app, p, name, {key: value for key, value in who.items() if value is not ABSENT})
    assert (identity["email"], identity["email_verified"]) == (None, False)


def test_a_scope_that_was_not_granted(app: InProcess, p: Hostile) -> None:
    """GitHub refuses the addresses then (403, or 404), and says so in the token reply."""
    for status in (403, 404):
        p.token_fields = {"scope": "read:user"}
        p.replace("emails", Reply(status, {"message": "Not Found"}))
        assert lands(app, p, "github", a_person())["email"] is None
        p.restore("emails")
    for scope in ("", "openid", [], ["openid"], None, ABSENT):
        p.token_fields = {"scope": scope}
        signs_in(app, p)


def test_a_provider_that_says_so_in_the_callback(app: InProcess, p: Hostile) -> None:
    """Facebook's words. They are parameters as any other."""
    p.callback = {"granted_scopes": "public_profile", "denied_scopes": "email"}
    who = a_person(email=None)
    identity = lands(app, p, "facebook", who)
    assert (identity["name"], identity["email"]) == (who["name"], None)
