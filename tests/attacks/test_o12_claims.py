"""O12: an ID token for somebody else, from somebody else, or of another time. OIDC Core §3.1.3.7 (2)–(10).

Each token is honestly signed. Times are in seconds from now; the leeway is a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from support.hostile import ABSENT, Hostile
from support.in_process import InProcess, in_process
from support.with_p import refuses, signs_in, variables

Change: TypeAlias = Callable[[Hostile, int], dict[str, object]]


def always(**claims: object) -> Change:
    return lambda p, now: claims


def issuer(write: Callable[[str], object]) -> Change:
    return lambda p, now: {"iss": write(f"{p.origin}/acme")}


def audience(write: Callable[[str], object], **more: object) -> Change:
    return lambda p, now: {"aud": write(p.client_id), **more}


def times(**seconds: float) -> Change:
    return lambda p, now: {name: now + value for name, value in seconds.items()}


def time_as(name: str, seconds: int, write: Callable[[int], object]) -> Change:
    return lambda p, now: {name: write(now + seconds)}


WEEK = 7 * 86_400
REFUSED: dict[str, Change] = {
    "iss missing": always(iss=ABSENT),
    "iss null": always(iss=None),
    "iss empty": always(iss=""),
    "iss another's": always(iss="https://accounts.google.com"),
    "iss with a slash": issuer(lambda own: own + "/"),
    "iss without its path": issuer(lambda own: own.rpartition("/")[0]),
    "iss in upper case": issuer(str.upper),
    "iss another name of the host": issuer(lambda own: own.replace("localhost", "127.0.0.1")),
    "iss with a space": issuer(lambda own: own + " "),
    "iss a list": issuer(lambda own: [own]),
    "iss an object": issuer(lambda own: {own: True}),
    "aud missing": always(aud=ABSENT),
    "aud null": always(aud=None),
    "aud empty": always(aud=""),
    "aud an empty list": always(aud=[]),
    "aud another's": always(aud="another-client"),
    "aud in upper case": audience(str.upper),
    "aud longer": audience(lambda own: own + "x"),
    "aud with a space": audience(lambda own: own + " "),
    "aud two in one text": audience(lambda own: own + " other"),
    "aud an object": audience(lambda own: {own: True}),
    "aud a list in a list": audience(lambda own: [[own]]),
    "aud of others": always(aud=["other", "another"]),
    "aud with a stranger": audience(lambda own: [own, "other"]),
    "aud with a stranger, and azp": lambda p, now: {"aud": [p.client_id, "other"], "azp": p.client_id},
    "aud with a number": audience(lambda own: [own, 7]),
    "azp another's": always(azp="another-client"),
    "azp empty": always(azp=""),
    "azp null": always(azp=None),
    "azp a list": lambda p, now: {"azp": [p.client_id]},
    "azp true": always(azp=True),
    "exp missing": always(exp=ABSENT),
    "exp null": always(exp=None),
    "exp a text": time_as("exp", 600, str),
    "exp true": always(exp=True),
    "exp a list": time_as("exp", 600, lambda at: [at]),
    "exp zero": always(exp=0),
    "exp below zero": always(exp=-1),
    "exp past the leeway": times(exp=-75),
    "exp past the leeway, a fraction": times(exp=-75.5),
    "exp a week ago": times(iat=-WEEK - 600, exp=-WEEK),
    "iat missing": always(iat=ABSENT),
    "iat null": always(iat=None),
    "iat a text": time_as("iat", 0, str),
    "iat true": always(iat=True),
    "iat ahead": times(iat=90, exp=900),
    "iat a week old": times(iat=-WEEK),
    "iat older than a login can be": times(iat=-15 * 60),
    "nbf ahead": times(nbf=90),
    "nbf a text": time_as("nbf", -10, str),
    "nbf true": always(nbf=True),
    "nbf null": always(nbf=None),
}
PASSES: dict[str, Change] = {
    "as it is": always(),
    "aud in a list": audience(lambda own: [own]),
    "azp, too": lambda p, now: {"azp": p.client_id},
    "exp within the leeway": times(iat=-200, exp=-40),
    "exp a fraction": times(exp=600.5),
    "iat a fraction": times(iat=0.5),
    "iat a little ahead": times(iat=40),
    "nbf a little ahead": times(nbf=40),
    "nbf past": times(nbf=-10),
    "auth_time a fraction": times(auth_time=-10.25),
    "claims that nobody asked for": always(acr="0", amr=["pwd"], sid="x", events={}, _claim_sources={"a": {}}),
}
ENDS = ("provider_reply_invalid", "clock_off")


@pytest.fixture(scope="module")
def app(running_p: Hostile, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    database: Path = tmp_path_factory.mktemp("o12") / "app.db"
    with in_process(database, VALETKEY_PROVIDERS="acme", **variables(running_p)) as one:
        yield one


@pytest.mark.parametrize("change", REFUSED.values(), ids=list(REFUSED))
def test_a_claim_that_is_not_ours(app: InProcess, p: Hostile, change: Change) -> None:
    p.claims = change(p, int(time.time()))
    refuses(app, p, code=ENDS)


@pytest.mark.parametrize("change", PASSES.values(), ids=list(PASSES))
def test_one_that_is(app: InProcess, p: Hostile, change: Change) -> None:
    """The control."""
    p.claims = change(p, int(time.time()))
    signs_in(app, p)


def test_no_token_at_all(app: InProcess, p: Hostile) -> None:
    """OpenID Connect without an ID token is a login without a user."""
    for value in (ABSENT, None, "", 7, [], {}):
        p.token_fields = {"id_token": value}
        refuses(app, p)
    p.token_fields = {}
    signs_in(app, p)


def test_two_faults_are_not_a_right(app: InProcess, p: Hostile) -> None:
    """A token of another app of the same provider: honest in all but its audience, with its own azp."""
    for claims in ({"aud": "other", "azp": "other"}, {"aud": "other", "azp": p.client_id}):
        p.claims = {**claims}
        refuses(app, p)
    p.claims = {}
    signs_in(app, p)
