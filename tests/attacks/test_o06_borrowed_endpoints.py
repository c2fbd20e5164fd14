"""O6: a hostile issuer's discovery document names the endpoints or the keys of an honest one. RFC 8414 §6.2.

``evil`` (A) is hostile and ``acme`` (H) is honest; the app knows both, with credentials of its own at each.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.hostile import Hostile
from support.in_process import InProcess
from support.jose import token
from support.with_p import NewApp, a_person, refuses, signs_in, stays_out, variables, without_claims


@pytest.fixture
def app(new_app: NewApp, p: Hostile, other_p: Hostile) -> InProcess:
    return new_app(VALETKEY_PROVIDERS="acme,evil", **variables(p), **variables(other_p, "evil"))


def test_it_says_that_it_is_the_honest_one(app: InProcess, p: Hostile, other_p: Hostile) -> None:
    """The whole of H's document at A: the start ends there, and nobody is sent anywhere."""
    other_p.metadata = p.document(f"{p.origin}/acme")
    p.forget()
    begun = app.browser().begin_at("evil")
    assert (begun.answer.status, begun.send_to) != (200, "")
    assert begun.answer.code or begun.answer.status >= 400, begun.answer.text
    assert p.journal == []
    assert [one.endpoint for one in other_p.journal] == ["discovery"]
    signs_in(app, p)
    other_p.metadata = {}
    signs_in(app, other_p, "evil")


@pytest.mark.parametrize("borrowed", ["token_endpoint", "authorization_endpoint", "userinfo_endpoint", "all"])
def test_it_borrows_endpoints(app: InProcess, p: Hostile, other_p: Hostile, borrowed: str) -> None:
    """A names itself and H's endpoints. What the app sends there has A's client and never H's, and what H signs is
    H's: nobody is signed in at A by it, as H's user neither."""
    document, before = p.document(f"{p.origin}/acme"), app.all_rows()
    names = ["token_endpoint", "authorization_endpoint", "userinfo_endpoint", "jwks_uri"]
    other_p.metadata = {name: document[name] for name in (names if borrowed == "all" else [borrowed])}
    p.callback = {"iss": f"{p.origin}/acme"} if borrowed in ("authorization_endpoint", "all") else {}
    profile = app.browser()
    begun = profile.begin_at("evil")
    at = p if begun.send_to.startswith(p.origin) else other_p
    p.forget(), other_p.forget()
    profile.come_back(at.approve(begun.send_to, a_person()))
    for request in p.journal:
        assert p.client_secret not in f"{request.headers} {request.body!r}"
    if borrowed != "userinfo_endpoint":  # with its own token endpoint and keys A signs its own users in, as A may
        stays_out(profile)
        assert without_claims(app) == {**before, "login_claims": 0}
    assert not [one for one in app.identities() if one[0] == "acme"]
    p.callback, other_p.metadata = {}, {}
    signs_in(app, p)


def test_it_borrows_keys(app: InProcess, p: Hostile, other_p: Hostile) -> None:
    """A publishes nothing and names H's keys: what H has signed for the app is no token of A's."""
    other_p.metadata = {"jwks_uri": f"{p.origin}/acme/keys"}
    ada = a_person()

    def of_the_honest_one(grant: object, header: object, claims: dict[str, object]) -> str:
        signed = {**claims, "iss": f"{p.origin}/acme"}
        return token({"alg": "RS256", "kid": p.signing.kid}, signed, p.signing, "RS256")

    other_p.make_id_token = of_the_honest_one
    refuses(app, other_p, "evil", **ada)
    assert app.identities() == {}
    signs_in(app, p)


def test_it_signs_in_the_honest_ones_name(app: InProcess, p: Hostile, other_p: Hostile) -> None:
    """A's own key and H's issuer and client: each is one exact string."""
    other_p.claims = {"iss": f"{p.origin}/acme"}
    refuses(app, other_p, "evil")
    other_p.claims = {"iss": f"{p.origin}/acme", "aud": p.client_id}
    refuses(app, other_p, "evil")
    other_p.claims = {"aud": p.client_id}
    refuses(app, other_p, "evil")
    assert p.calls("token") == []
    other_p.claims = {}
    signs_in(app, other_p, "evil")


def test_each_has_keys_of_its_own(app: InProcess, p: Hostile, other_p: Hostile) -> None:
    """Both sign with the same ``kid``, one after the other: a key set belongs to its issuer."""
    p.signing, other_p.signing = replace(p.signing, kid="same"), replace(other_p.signing, kid="same")
    p.keys, other_p.keys = [p.signing], [other_p.signing]
    signs_in(app, p), signs_in(app, other_p, "evil")
    own = p.signing
    p.signing = other_p.signing
    refuses(app, p, or_calls=("token", "keys"))
    p.signing = own
    signs_in(app, p)
