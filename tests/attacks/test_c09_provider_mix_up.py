"""C9: a login that began with one provider finishes at that one's callback and at no other's; and the same id at two
providers is two people. Over an app with two providers that speak alike, which is what a mix-up needs (RFC 9207)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.browser import Begun, Browser
from support.nodes import Fleet, a_person, fleet_of
from support.rows import PostgreSQLRows, SQLiteRows
from support.servers import free_port

OTHER = "other"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A fleet whose nodes know two providers."""
    directory: Path = tmp_path_factory.mktemp("two")
    provider, port = request.getfixturevalue("fleets_provider"), free_port()
    callbacks = [f"http://127.0.0.1:{port}/auth/{name}" for name in ("twitter", OTHER)]
    rows = (
        SQLiteRows(directory / "two.db")
        if request.param == "sqlite"
        else PostgreSQLRows(request.getfixturevalue("postgresql"))
    )
    provider.serves(callbacks[1])
    env = {"NODE_SECOND": OTHER, "TWITTER_CALLBACK_URL": ",".join(callbacks)}
    zygote = request.getfixturevalue("zygote")
    with fleet_of(rows, zygote, directory, 2, provider, port, **env) as fleet:
        yield fleet


@pytest.fixture(autouse=True)
def reset(two: Fleet) -> None:
    two.provider.reset()
    two.provider.set(lenient=True)


def begin(fleet: Fleet, profile: Browser, name: str) -> Begun:
    answer = profile.submit(f"/auth/{name}", {"redirectUri": f"{fleet.base}/auth/{name}"})
    assert answer.status == 200, answer.text
    token = (answer.header("refresh") or "").partition("oauth_token=")[2]
    return Begun(login="", token=token, send_to="", answer=answer)


def at(callback: str, name: str) -> str:
    parts = urlsplit(callback)
    return f"/auth/{name}?{parts.query}"


def other_than(name: str) -> str:
    return "twitter" if name == OTHER else OTHER


@pytest.mark.parametrize("name", ["twitter", OTHER])
def test_finished_where_it_began(two: Fleet, name: str) -> None:
    """The control."""
    who, profile = a_person(), two.browser()
    callback = two.provider.approve(begin(two, profile, name).token, **who)
    assert urlsplit(callback).path == f"/auth/{name}"
    assert profile.visit(at(callback, name)).status == 303
    assert [(one["provider"], one["subject"]) for one in profile.account()["identities"]] == [(name, who["user_id"])]


@pytest.mark.parametrize("name", ["twitter", OTHER])
def test_finished_at_anothers(two: Fleet, name: str) -> None:
    """Refused with 0 exchanges; and what is refused there is not used up here."""
    who, profile, before = a_person(), two.browser(), two.rows.all_rows()
    callback = two.provider.approve(begin(two, profile, name).token, **who)
    refused = profile.visit(at(callback, other_than(name)))
    assert refused.code == "wrong_provider"
    assert profile.account() is None
    assert two.provider.exchanges == []
    assert two.rows.all_rows() == before
    assert profile.visit(at(callback, name)).status == 303
    assert profile.account()["identities"][0]["provider"] == name


def test_one_browser_with_both_under_way(two: Fleet) -> None:
    """Each answer at the other's address, with both cookies there."""
    profile, callbacks = two.browser(), {}
    for name in ("twitter", OTHER):
        callbacks[name] = two.provider.approve(begin(two, profile, name).token, **a_person())
    for name, callback in callbacks.items():
        assert profile.visit(at(callback, other_than(name))).code == "wrong_provider"
    assert two.provider.exchanges == []
    assert profile.account() is None


def test_a_link_finished_at_anothers(two: Fleet) -> None:
    who, profile = a_person(), two.signed_in(a_person())
    mine = profile.account()["identities"]
    _, token, _ = two.begin_link(profile)
    exchanges = len(two.provider.exchanges)
    refused = profile.visit(at(two.provider.approve(token, **who), OTHER))
    assert refused.code == "wrong_provider"
    assert profile.account()["identities"] == mine
    assert len(two.provider.exchanges) == exchanges
    assert two.rows.account_of(who["user_id"]) is None


def test_what_an_answer_says_of_its_issuer_counts_for_nothing(two: Fleet) -> None:
    """OAuth 1.0a has no ``iss``; one that is sent must not choose the provider."""
    profile = two.browser()
    callback = two.provider.approve(begin(two, profile, "twitter").token, **a_person())
    assert profile.visit(f"{at(callback, OTHER)}&iss=twitter").code == "wrong_provider"
    assert two.provider.exchanges == []


def test_the_same_id_at_two_providers_is_two_people(two: Fleet) -> None:
    """With the same name and handle, at the same time; and unlinking one leaves the other's."""
    who = a_person()
    accounts = {}
    for name in ("twitter", OTHER):
        profile = two.browser()
        assert profile.visit(at(two.provider.approve(begin(two, profile, name).token, **who), name)).status == 303
        accounts[name] = profile.account()["id"]
    assert len(set(accounts.values())) == 2
    tied = {name: account for name, subject, account in two.rows.identities() if subject == who["user_id"]}
    assert tied == accounts


def test_an_unknown_provider_is_none(two: Fleet) -> None:
    profile = two.browser()
    callback = two.provider.approve(begin(two, profile, "twitter").token, **a_person())
    for name in ("Twitter", "twitter%20", "nobody", "twitter.", "..%2Ftwitter"):
        assert profile.visit(at(callback, name)).status == 404
    assert two.provider.exchanges == []
