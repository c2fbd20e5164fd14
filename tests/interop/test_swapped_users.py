"""O35: a server mixes two users' codes up, and answers one user's code with the other's ID token.

canaille really does, with its database in memory: it looks a code up by "this code and this client", and takes whatever
meets one of the two (``canaille/backends/memory/backend.py``). So while two users' codes are unspent, either answer may
be the other user's. It is a matter of luck, so each test plays on until it has happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.browser import Answer
from support.in_process import BASE, InProcess, Visitor, in_process

from valetkey import Secret
from valetkey.protocols.oauth2 import ClientCredentials
from valetkey.protocols.openid import OpenIDConnect
from valetkey.providers.record.claims import read_claims
from valetkey.providers.record.provider import Provider

from .bare import BareClient, decoded
from .partners import ADA, BARE, CANAILLE, Client, Person
from .robot import Robot
from .starting import Running, running

PKCE = frozenset(("code_challenge", "code_challenge_method", "code_verifier"))
ROUNDS = 30  # each swaps with a probability of about one half

WEB = Client(id="web", callbacks=(f"{BASE}/auth/acme",))


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(CANAILLE, WEB, needs_nonce=False) as one:
        yield one


@pytest.fixture(autouse=True)
def as_it_was(server: Running) -> Iterator[None]:
    server.forget_codes()
    yield
    server.gate.unknown = frozenset()


def app_at(server: Running, directory: Path, **record: Any) -> Any:
    protocol = OpenIDConnect(
        credentials=ClientCredentials(identifier=WEB.id, secret=Secret(WEB.secret)),
        issuer=server.issuer,
        algorithms=None,
        **record,
    )
    return in_process(
        directory / "app.db", (Provider(name="acme", title="Acme", protocol=protocol, identify=read_claims),)
    )


@dataclass(frozen=True, kw_only=True)
class Came:
    """How a user came back.

    Args:
        exchange: the server's answer to the token request, by its status.
        named: whom the server's ID token names. Empty where it refused.
    """

    person: Person
    browser: Visitor
    answer: Answer
    exchange: int
    named: str


def both(app: InProcess, server: Running) -> list[Came]:
    """Two users sign in, each in a browser of their own, and both come back before either code is spent."""
    begun = [(person, browser := app.browser(), browser.begin_at("acme")) for person in (ADA, BARE)]
    backs = [Robot(BASE, person).sign_in(started.send_to) for person, _, started in begun]
    came = []
    for (person, browser, _), back in zip(begun, backs, strict=True):
        answer = browser.come_back(back.url)
        sent = server.gate.posts(CANAILLE.token_path)[-1]
        named = decoded(sent.json["id_token"])[1]["sub"] if sent.status == 200 else ""
        came.append(Came(person=person, browser=browser, answer=answer, exchange=sent.status, named=named))
    server.forget_codes()
    return came


def until(happened: Callable[[], bool]) -> None:
    for _ in range(ROUNDS):
        if happened():
            return
    pytest.fail(f"in {ROUNDS} rounds nobody was given another user's token")


def test_control_a_client_without_pkce_and_nonce_is_given_the_other_user(server: Running) -> None:
    client = BareClient(server, WEB)

    def swapped() -> bool:
        codes = []
        for person in (ADA, BARE):
            attempt = client.begin(pkce=False, nonce=False)
            codes.append((person, attempt, Robot(BASE, person).sign_in(attempt.url).query["code"]))
        replies = [(person, client.exchange(attempt, code)) for person, attempt, code in codes]
        server.forget_codes()
        given = [(person, decoded(one.json()["id_token"])[1]["sub"]) for person, one in replies if one.is_success]
        return any(subject != person.handle for person, subject in given)

    until(swapped)


def test_control_this_app_without_pkce_and_nonce_signs_the_other_user_in(server: Running, tmp_path: Path) -> None:
    server.gate.unknown = PKCE | {"nonce"}
    with app_at(server, tmp_path, returns_nonce=False) as app:

        def swapped() -> bool:
            came = both(app, server)
            return any(one.browser.session_cookie and subject_of(one.browser) != one.person.handle for one in came)

        until(swapped)


def test_with_pkce_the_server_refuses_and_nobody_is_signed_in_as_another(server: Running, tmp_path: Path) -> None:
    with app_at(server, tmp_path) as app:

        def refused() -> bool:
            came = both(app, server)
            for one in came:
                if one.exchange == 200:
                    assert subject_of(one.browser) == one.named == one.person.handle
                else:
                    assert one.answer.code == "provider_refused"
                    assert one.browser.session_cookie is None
            return any(one.exchange == 400 for one in came)

        until(refused)
        assert everybody_is_who_they_are(app)


def test_without_pkce_the_nonce_refuses_and_nobody_is_signed_in_as_another(server: Running, tmp_path: Path) -> None:
    server.gate.unknown = PKCE
    with app_at(server, tmp_path) as app:

        def given_the_other() -> bool:
            came = both(app, server)
            for one in came:
                if one.named == one.person.handle:
                    assert subject_of(one.browser) == one.person.handle
                else:
                    assert one.answer.code == "provider_reply_invalid"
                    assert one.browser.session_cookie is None
            return any(one.named not in ("", one.person.handle) for one in came)

        until(given_the_other)
        assert everybody_is_who_they_are(app)


def subject_of(browser: Visitor) -> str:
    (identity,) = browser.account()["identities"]
    return str(identity["subject"])


def everybody_is_who_they_are(app: InProcess) -> bool:
    """No account has two identities, and no identity two accounts."""
    accounts = [*app.identities().values()]
    return len({*accounts}) == len(accounts) == app.all_rows()["accounts"]
