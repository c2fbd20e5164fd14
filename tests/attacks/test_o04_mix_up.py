"""O4: a hostile provider sends its users on to an honest one, to be brought the honest one's code. RFC 9700 §4.4.

``evil`` (A) is hostile and ``acme`` (H) is honest; the app knows both. A knows the app's client id at H, which is no
secret, and sends the user of a login at A to H, with A's ``state`` and the challenge of A's login.
"""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from support.browser import Begun
from support.hostile import Hostile
from support.in_process import InProcess
from support.with_p import NewApp, a_person, signs_in, stays_out, variables, without_claims


@pytest.fixture
def app(new_app: NewApp, p: Hostile, other_p: Hostile) -> InProcess:
    return new_app(VALETKEY_PROVIDERS="acme,evil", **variables(p), **variables(other_p, "evil"))


def forwarded(app: InProcess, p: Hostile, begun: Begun, name: str) -> str:
    """What A makes of a login at A: the same request, at H, with H's client id and the callback of ``name``."""
    asked = {key: values[0] for key, values in parse_qs(urlsplit(begun.send_to).query).items()}
    asked |= {"client_id": p.client_id, "redirect_uri": f"{app.base}/auth/{name}"}
    return f"{p.origin}/acme/authorize?{urlencode(asked)}"


@pytest.mark.parametrize("iss", [True, False])
def test_the_honest_ones_code_with_the_hostile_ones_state(
    app: InProcess, p: Hostile, other_p: Hostile, iss: bool
) -> None:
    """H sends the user to its own callback, as it was registered: path and sealed provider differ, 0 calls at both."""
    profile, before = app.browser(), app.all_rows()
    begun = profile.begin_at("evil")
    assert begun.send_to.startswith(other_p.origin)
    p.callback = {"iss": f"{p.origin}/acme"} if iss else {}
    p.forget(), other_p.forget()
    answer = profile.come_back(p.approve(forwarded(app, p, begun, "acme"), a_person()))
    assert answer.code == "wrong_provider"
    stays_out(profile)
    assert p.calls() == other_p.calls() == []
    assert app.all_rows() == before
    assert p.grants[0].spent == 0
    p.callback = {}
    signs_in(app, p), signs_in(app, other_p, "evil")


def test_where_the_honest_one_says_who_it_is(app: InProcess, p: Hostile, other_p: Hostile) -> None:
    """H lets A's callback pass, against RFC 9700 §2.1, and names itself: A's issuer is another. RFC 9207."""
    profile, before = app.browser(), app.all_rows()
    begun = profile.begin_at("evil")
    p.callback = {"iss": f"{p.origin}/acme"}
    p.forget(), other_p.forget()
    answer = profile.come_back(p.approve(forwarded(app, p, begun, "evil"), a_person()))
    assert answer.code, answer.text
    stays_out(profile)
    assert p.calls() == other_p.calls() == []
    assert app.all_rows() == before
    p.callback = {}
    signs_in(app, p), signs_in(app, other_p, "evil")


def test_a_code_that_reaches_the_hostile_one_brings_no_key_along(app: InProcess, p: Hostile, other_p: Hostile) -> None:
    """H lets A's callback pass and does not say who it is. A gets the code, as nothing here can see; it gets no secret
    of H's with it, so it cannot spend it, and in its own browser the code is no login's."""
    profile, before = app.browser(), app.all_rows()
    begun = profile.begin_at("evil")
    answer = profile.come_back(p.approve(forwarded(app, p, begun, "evil"), a_person()))
    (request,) = other_p.calls("token")
    assert request.field("code") == p.grants[0].code
    for octets in (request.body.decode(), str(request.headers)):
        assert p.client_secret not in octets
    assert p.calls("token") == []
    assert answer.code  # A says somebody: at A, at most, and its ID token has not this login's nonce
    stays_out(profile)
    assert without_claims(app) == {**before, "login_claims": 0}
    p.checks = {"pkce"}
    attacker = app.browser()
    own = attacker.begin_at("acme")
    stolen = urlencode({"code": p.grants[0].code, "state": own.token})
    assert attacker.come_back(f"{app.base}/auth/acme?{stolen}").code
    stays_out(attacker)
    assert p.grants[0].spent == 0


@pytest.mark.parametrize("name", ["acme", "evil"])
def test_an_honest_callback_at_the_others_path(app: InProcess, p: Hostile, other_p: Hostile, name: str) -> None:
    """With both logins under way in one browser, too. What is refused there is not used up here."""
    profile, at = app.browser(), {"acme": p, "evil": other_p}
    other = "evil" if name == "acme" else "acme"
    profile.begin_at(other)
    begun = profile.begin_at(name)
    callback = at[name].approve(begun.send_to, a_person())
    p.forget(), other_p.forget()
    assert profile.come_back(callback.replace(f"/auth/{name}", f"/auth/{other}")).code == "wrong_provider"
    assert p.calls() == other_p.calls() == []
    assert profile.come_back(callback).status == 303
    assert profile.account()["identities"][0]["provider"] == name


def test_the_same_subject_at_both_is_two_people(app: InProcess, p: Hostile, other_p: Hostile) -> None:
    ada = a_person()
    for name, provider in (("acme", p), ("evil", other_p)):
        signs_in(app, provider, name, **ada)
    accounts = app.identities()
    assert accounts["acme", str(ada["sub"])] != accounts["evil", str(ada["sub"])]
