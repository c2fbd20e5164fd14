"""O1: a callback without its login's ``state`` belongs to no login. RFC 6749 §10.12, RFC 9700 §4.7."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from support.hostile import ABSENT, Hostile
from support.in_process import InProcess
from support.with_p import a_person, signs_in, stays_out

OTHERS = "of-another-browser"

# What stands in the place of a login's own state. The values are as they stand in the address.
STATES: dict[str, Callable[[str], list[str]]] = {
    "missing": lambda own: [],
    "empty": lambda own: [""],
    "twice": lambda own: [own, own],
    "twice, the second empty": lambda own: [own, ""],
    "twice, the other first": lambda own: ["x" * len(own), own],
    "nobody's": lambda own: ["x" * len(own)],
    "another browser's": lambda own: [OTHERS],
    "cut": lambda own: [own[:-1]],
    "longer": lambda own: [own + "x"],
    "other case": lambda own: [own.swapcase()],
    "with a space": lambda own: [own + "%20"],
    "with a line end": lambda own: [own + "%0A"],
    "with a zero": lambda own: [own + "%00"],
    "encoded twice": lambda own: ["%25" + "%25".join(f"{ord(char):02X}" for char in own)],
    "with octets that are no text": lambda own: [own + "%FF"],
    "a list": lambda own: [own + "," + own],
    "four thousand characters": lambda own: ["x" * 4000],
}


@pytest.mark.parametrize("name", ["acme", "github"])
@pytest.mark.parametrize("written", STATES.values(), ids=list(STATES))
def test_any_other_state(app_with_p: InProcess, p: Hostile, name: str, written: Callable[[str], list[str]]) -> None:
    """Refused with 0 calls, and the login that is under way is not used up: its own callback lands afterwards."""
    profile, other = app_with_p.browser(), app_with_p.browser()
    begun, others = profile.begin_at(name), other.begin_at(name)
    assert begun.token and begun.token != others.token
    states = [others.token if one == OTHERS else one for one in written(begun.token)]
    before = app_with_p.all_rows()
    p.forget()
    who = a_person()
    own = p.approve(begun.send_to, who)
    p.callback = {"state": ABSENT}
    bare = p.approve(begun.send_to, who)
    answer = profile.come_back(bare + "".join(f"&state={one}" for one in states))
    assert answer.status >= 303 and answer.code, answer.text
    stays_out(profile)
    assert p.calls() == []
    assert app_with_p.all_rows() == before
    assert profile.come_back(own).status == 303
    assert profile.account()["identities"][0]["handle"] == who["preferred_username"]


@pytest.mark.parametrize("name", ["acme", "github"])
def test_it_counts_in_its_own_parameter_alone(app_with_p: InProcess, p: Hostile, name: str) -> None:
    profile = app_with_p.browser()
    begun = profile.begin_at(name)
    p.forget()
    p.callback = {"state": ABSENT}
    bare = p.approve(begun.send_to)
    for other in ("State", "STATE", "state[]", "state%00", "%73tate%20", "oauth_token", ";state"):
        assert profile.come_back(f"{bare}&{other}={quote(begun.token)}").code
    stays_out(profile)
    assert p.calls() == []
    p.callback = {}
    signs_in(app_with_p, p, name)
