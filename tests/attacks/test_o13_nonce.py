"""O13: an ID token of another login, by its nonce. OIDC Core §3.1.3.7 (11), §15.5.2; RFC 9700 §4.5.3.2."""

from __future__ import annotations

from collections.abc import Callable

from support.hostile import ABSENT, Hostile
from support.in_process import InProcess
from support.plain import openid
from support.with_p import NewApp, a_person, refuses, signs_in, stays_out, without_claims

OTHERS: dict[str, Callable[[str], object]] = {
    "absent": lambda own: ABSENT,
    "null": lambda own: None,
    "empty": lambda own: "",
    "another": lambda own: "x" * len(own),
    "cut": lambda own: own[:-1],
    "longer": lambda own: own + "x",
    "in the other case": lambda own: own.swapcase(),
    "with a space": lambda own: own + " ",
    "not ASCII": lambda own: own + "é",
    "half a character": lambda own: own + "\ud800",
    "a list": lambda own: [own],
    "true": lambda own: True,
    "a number": lambda own: 0,
}


def test_any_other_nonce(app_with_p: InProcess, p: Hostile) -> None:
    before = app_with_p.all_rows()
    for what, other in OTHERS.items():
        p.claims = {}
        profile = app_with_p.browser()
        begun = profile.begin_at("acme")
        callback = p.approve(begun.send_to, a_person())
        p.claims = {"nonce": other(p.grants[-1].start["nonce"])}
        assert profile.come_back(callback).code == "provider_reply_invalid", what
        stays_out(profile)
        assert without_claims(app_with_p) == before, what
    p.claims = {}
    signs_in(app_with_p, p)


def test_a_token_of_another_login(app_with_p: InProcess, p: Hostile) -> None:
    """Of the same app, the same provider and the same user, a moment ago: replayed whole."""
    ada = a_person()
    signs_in(app_with_p, p, **ada)
    earlier = p.id_token(p.grants[0])
    p.make_id_token = lambda grant, header, claims: earlier
    refuses(app_with_p, p, **ada)
    p.make_id_token = None
    signs_in(app_with_p, p, **ada)


def test_two_logins_of_one_browser_exchanged(app_with_p: InProcess, p: Hostile) -> None:
    """P answers each with the other's token: both are refused."""
    profile = app_with_p.browser()
    callbacks = [p.approve(profile.begin_at("acme").send_to, a_person()) for _ in range(2)]
    first, second = p.grants
    swapped = {id(first): p.id_token(second), id(second): p.id_token(first)}
    p.make_id_token = lambda grant, header, claims: swapped[id(grant)]
    for callback in callbacks:
        assert profile.come_back(callback).code == "provider_reply_invalid"
    stays_out(profile)
    assert app_with_p.identities() == {}


def test_each_start_has_a_new_one(app_with_p: InProcess, p: Hostile) -> None:
    """Of 128 bits or more, and none of what a login has is another of its parts."""
    profile = app_with_p.browser()
    for _ in range(3):
        p.approve(profile.begin_at("acme").send_to)
    starts = [one.start for one in p.grants]
    drawn = [one[name] for one in starts for name in ("nonce", "state", "code_challenge")]
    assert len(set(drawn)) == len(drawn)
    assert all(len(one) >= 22 for one in drawn)


def test_where_the_provider_is_known_to_drop_it(new_app: NewApp, p: Hostile) -> None:
    """Its record says so, and an absent one passes there; a wrong one passes nowhere."""
    app = new_app((openid(p, "drops", returns_nonce=False), openid(p, "keeps")))
    p.claims = {"nonce": ABSENT}
    signs_in(app, p, "drops")
    refuses(app, p, "keeps")
    for wrong in ("x", "", None, 0):
        p.claims = {"nonce": wrong}
        refuses(app, p, "drops")
    p.claims = {}
    signs_in(app, p, "drops"), signs_in(app, p, "keeps")
