"""C53, everywhere: SIGKILL of the real server at every await between the framework and what is outside of the process,
in a login, a link, a collect, a hand-off to another site, and a login with people of the app's own. After it nothing is
there by half, finished logins survive, the same browser gets to its end on another node, the verifier was exchanged
twice at most, and the next click works.

Which points there are is recorded, and held against the list below: a new await is a new point. Two points between
which nothing changes outside of the process are one: before a step is after the step before it, and what only reads
leaves everything as it was. A run kills once at each that differs; with ``VALETKEY_KILLS`` at every point, so often.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import itertools
import os
import secrets
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from support import people
from support.browser import Answer, Begun, Browser
from support.fronts import FURTHER, ONLY
from support.nodes import KNOWN_SECONDS, Fleet, Node, a_person, fleet_of, measured
from support.rows import PostgreSQLRows, SQLiteRows
from support.servers import Provider
from support.waiting import wait_for

TURNS = int(os.environ.get("VALETKEY_KILLS", "1"))  # at each point, on each database
PAGE = "https://app.example"
RELAYED = {"VALETKEY_DELIVERY": "token", "VALETKEY_ORIGINS": PAGE, "VALETKEY_RELAY": f"{PAGE}/relay.html"}
DIED = (ConnectionError, http.client.HTTPException)


class Story:
    """Somebody's life up to its end at one node, and, if that dies, from where it was at another."""

    verbs: tuple[str, ...]  # what it awaits, in order
    survivor = 1  # the node that goes on
    begins_as: type[Story] | None = None  # up to its first step that is not that one's, it is played there
    known_from = "after complete 1"  # from here on the provider is asked nothing more about it
    front = "twitter"

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.who = fleet, a_person()
        self.profile = Browser("", origin=fleet.base, provider=self.front)
        self.begun: Begun | None = None
        self.callback: str | None = None

    @staticmethod
    def env(fleet: Fleet) -> dict[str, str]:
        return {}

    def at(self, node: Node) -> Browser:
        return self.fleet.at(node, self.profile)

    def live(self, node: Node) -> None:
        self.come_back(node)
        assert self.begun is not None
        self.at(node).session(self.begun.login)
        self.at(node).me()

    def begin(self, node: Node) -> None:
        self.begun = self.at(node).begin()
        self.callback = self.fleet.provider.approve(self.begun.send_to, **self.who)

    def come_back(self, node: Node) -> None:
        self.begin(node)
        assert self.callback is not None
        self.at(node).come_back(self.callback)

    def go_on(self, node: Node) -> None:
        profile = self.at(node)
        if profile.session_cookie is None:
            if self.callback is None or self.begun is None:
                return self.come_back(node)  # it had not begun: the next click
            if profile.collect(self.begun.login).json()["login"]["state"] != "done":
                self.followed(profile, profile.come_back(self.callback))
        return None

    def followed(self, profile: Browser, answer: Answer) -> Answer:
        """A restart's page goes on by itself, and the provider sends those back who have approved."""
        while answer.status == 200:
            answer = profile.come_back(self.fleet.provider.approve(answer.send_to, **self.who))
        assert answer.status == 303, answer.text
        return answer

    def ended_well(self, node: Node) -> bool:
        account = self.at(node).account()
        return account is not None and [one["subject"] for one in account["identities"]] == [self.who["user_id"]]


class Login(Story):
    verbs = (
        "request_token",
        "claim",
        "access_token",
        "complete",
        "revocations",
        "read_session",
        "touch_session",
    )


class ReadsProfile(Login):
    """In an app that asks for name and picture as well."""

    begins_as = Login
    verbs = (*Login.verbs[:3], "verify_credentials.json", *Login.verbs[3:])

    @staticmethod
    def env(fleet: Fleet) -> dict[str, str]:
        return {"READS_PROFILE": ""}


class WithOpenID(Login):
    """Where an ID token says who it is. What is read of an issuer is read at the first start at a node."""

    front = "acme"
    verbs = (
        "openid-configuration",
        "keys",
        "claim",
        "token",
        "userinfo",
        "complete",
        "revocations",
        "read_session",
        "touch_session",
    )


class WithOAuth2(Login):
    """Where a profile says who it is, and a start asks for nothing."""

    front = "github"
    verbs = (
        "claim",
        "access_token",
        "user",
        "emails",
        "complete",
        "revocations",
        "read_session",
        "touch_session",
    )


class Collect(Story):
    """The popup was closed before its answer came: the page fetches the session."""

    begins_as = Login
    verbs = (
        "request_token",
        "claim",
        "access_token",
        "complete",
        "find_claim",
        "find_claim",
        "read_session",
        "revocations",
        "read_session",
        "touch_session",
    )

    def live(self, node: Node) -> None:
        self.begin(node)
        assert self.begun is not None and self.callback is not None
        popup = self.fleet.at(node, Browser("", cookies=dict(self.profile.cookies), provider=self.front))
        popup.come_back(self.callback)
        self.at(node).session(self.begun.login)
        self.at(node).collect(self.begun.login)
        self.at(node).me()


class Link(Story):
    """Somebody who is signed in ties a second identity."""

    known_from = "after complete 1"
    verbs = (
        "revocations",
        "read_session",
        "read_session",
        "request_token",
        "read_session",
        "claim",
        "access_token",
        "complete",
        "read_session",
        "find_claim",
    )

    def __init__(self, fleet: Fleet) -> None:
        super().__init__(fleet)
        self.first = self.who
        self.profile = fleet.signed_in(self.first, fleet.nodes[self.survivor])
        self.who = a_person()
        self.login = ""

    def begin(self, node: Node) -> None:
        self.login, send_to, answer = self.fleet.begin_link(self.at(node))
        assert answer.status == 200, answer.text
        self.callback = self.fleet.provider.approve(send_to, **self.who)

    def live(self, node: Node) -> None:
        self.come_back(node)
        self.at(node).session(self.login)

    def go_on(self, node: Node) -> None:
        if self.callback is None:
            return self.come_back(node)
        profile = self.at(node)
        if profile.session(self.login)["login"]["state"] != "done":
            self.followed(profile, profile.come_back(self.callback))
        return None

    def ended_well(self, node: Node) -> bool:
        told = {one["subject"] for one in self.at(node).account()["identities"]}
        return told == {self.first["user_id"], self.who["user_id"]}


class HandOff(Story):
    """To a page on another site: a code, and the verifier of the page."""

    survivor = 2
    known_from = "after complete 1"
    verbs = (
        "request_token",
        "claim",
        "access_token",
        "complete",
        "find_claim_of",
        "redeem_one_time_code",
        "revocations",
        "read_session",
        "touch_session",
    )

    def __init__(self, fleet: Fleet) -> None:
        super().__init__(fleet)
        self.profile.origin = PAGE
        self.verifier = secrets.token_urlsafe(32)
        self.code: str | None = None
        self.session_token: str | None = None

    @staticmethod
    def env(fleet: Fleet) -> dict[str, str]:
        return RELAYED

    def at(self, node: Node) -> Browser:
        return Browser(node.base, origin=PAGE, site="cross-site", cookies=self.profile.cookies, provider=self.front)

    def begin(self, node: Node) -> None:
        digest = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        self.begun = self.at(node).begin(challenge=digest)
        self.callback = self.fleet.provider.approve(self.begun.send_to, **self.who)

    def ask(self, node: Node, **fields: str) -> Answer:
        assert self.begun is not None
        value = {"login": self.begun.login, "verifier": self.verifier, **fields}
        return Browser(node.base, origin=PAGE, site="cross-site").fetch(
            "POST", "/auth/session", value, Sec_Fetch_Site="cross-site"
        )

    def handed(self, answer: Answer) -> None:
        assert answer.status == 303, answer.text
        self.code = parse_qs(urlsplit(answer.header("location") or "").fragment)["code"][0]

    def live(self, node: Node) -> None:
        self.begin(node)
        assert self.callback is not None
        self.handed(self.at(node).come_back(self.callback))
        self.ask(node)
        self.redeem(node)
        self.me(node)

    def redeem(self, node: Node) -> None:
        answer = self.ask(node, code=self.code or "")
        self.session_token = answer.json()["token"] if answer.status == 200 else None

    def me(self, node: Node) -> Answer:
        return Browser(node.base).request("GET", "/api/me", headers={"Authorization": f"Bearer {self.session_token}"})

    def go_on(self, node: Node) -> None:
        if self.callback is not None and self.code is None:
            self.handed(self.followed(self.at(node), self.at(node).come_back(self.callback)))
        if self.code is not None and self.session_token is None:
            self.redeem(node)
        if self.session_token is None:  # it had not begun; or its code was used, and the answer lost: the next click
            self.begin(node)
            assert self.callback is not None
            self.handed(self.at(node).come_back(self.callback))
            self.redeem(node)

    def ended_well(self, node: Node) -> bool:
        return [one["subject"] for one in self.me(node).json()["identities"]] == [self.who["user_id"]]


class Resolve(Story):
    """With people of the app's own, asked for between two steps."""

    survivor = 3
    known_from = "after resolve 1"
    verbs = (
        "request_token",
        "claim",
        "access_token",
        "resolve",
        "call",
        "complete",
        "revocations",
        "read_session",
        "touch_session",
    )

    @staticmethod
    def env(fleet: Fleet) -> dict[str, str]:
        return {"NODE_PEOPLE": str(fleet.directory / "people.db")}


TOLD = os.environ.get("VALETKEY_KILL_STORIES", "")  # some of these alone, by their names
STORIES = tuple(
    story
    for story in (Login, ReadsProfile, WithOpenID, WithOAuth2, Collect, Link, HandOff, Resolve)
    if (not TOLD or story.__name__ in TOLD.split(",")) and (not ONLY or story.front == ONLY)
)


def points(story: type[Story]) -> list[str]:
    """As a node notes them: the second call of a verb is another point than its first."""
    found, seen = [], Counter[str]()
    for verb in story.verbs:
        seen[verb] += 1
        found += [f"{when} {verb} {seen[verb]}" for when in ("before", "after")]
    return found


READS = {"revocations", "read_session", "find_claim", "find_claim_of"}


def points_that_differ(story: type[Story]) -> list[str]:
    common = 0
    if story.begins_as is not None:
        while story.verbs[common] == story.begins_as.verbs[common]:
            common += 1
    after = [one for one in points(story)[2 * common :] if one.startswith("after") and one.split()[1] not in READS]
    return after if common else [points(story)[0], *after]


ALL_POINTS = [(story, point) for story in STORIES for point in points(story)]
EVERY_POINT = "VALETKEY_KILLS" in os.environ
POINTS = ALL_POINTS if EVERY_POINT else [(story, point) for story in STORIES for point in points_that_differ(story)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def doomed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """The first node is started anew to die; the others go on, each as a story needs it."""
    directory: Path = tmp_path_factory.mktemp("doomed")
    rows = (
        SQLiteRows(directory / "doomed.db")
        if request.param == "sqlite"
        else PostgreSQLRows(request.getfixturevalue("postgresql"))
    )
    provider, zygote = request.getfixturevalue("fleets_provider"), request.getfixturevalue("zygote")
    with fleet_of(rows, zygote, directory, 4, provider, fronts=FURTHER) as fleet:
        people.make(str(directory / "people.db"))
        fleet.nodes[0].kill()
        for story in (HandOff, Resolve):
            fleet.nodes[story.survivor].kill()
            fleet.nodes[story.survivor].start(**story.env(fleet))
        yield fleet


@pytest.fixture
def provider(doomed: Fleet) -> Provider:
    """Lenient: it would grant a third exchange, and one without the right secret."""
    doomed.provider.reset()
    doomed.provider.set(lenient=True)
    return doomed.provider


def started(fleet: Fleet, story: type[Story], dies: str | None = None) -> Node:
    fleet.provider = fleet.provider.at(story.front)
    node = fleet.nodes[0]
    node.journal_file.write_text("")
    node.start(NODE_JOURNAL="", **story.env(fleet), **({"NODE_DIES": dies} if dies else {}))
    return node


@pytest.mark.parametrize("story", STORIES)
def test_these_are_all_points(doomed: Fleet, provider: Provider, story: type[Story]) -> None:
    """Nobody dies: the story ends well, and what it awaited is what is listed. (The list of revocations is read again
    when it has grown old, which is nothing that a story can count on.)"""
    node = started(doomed, story)
    life = story(doomed)
    life.live(node)
    assert life.ended_well(node)
    met = [what for _, what in node.journal if "revocations" not in what or what.endswith(" 1")]
    node.kill()
    assert met[: len(points(story))] == points(story)
    assert {what.split()[1] for what in met[len(points(story)) :]} <= {"read_session"}
    assert TOLD or ONLY or len(ALL_POINTS) >= 90


@pytest.mark.parametrize(("story", "point"), POINTS, ids=[f"{one.__name__}: {point}" for one, point in POINTS])
def test_killed(doomed: Fleet, provider: Provider, story: type[Story], point: str) -> None:
    for turn in range(TURNS):
        killed(doomed, story, point, is_last=turn == TURNS - 1)


def killed(fleet: Fleet, story: type[Story], point: str, *, is_last: bool) -> None:
    fleet.provider = fleet.provider.at(story.front)
    survivor = fleet.nodes[story.survivor]
    bystander = fleet.signed_in(a_person(), fleet.nodes[1])
    life = story(fleet)
    fleet.provider.control("DELETE", "journal")
    node = started(fleet, story, dies=point)
    with pytest.raises(DIED):
        life.live(node)
    assert node.died() == -9

    subject = life.who["user_id"]
    assert fleet.rows.halves() == {}
    assert [one for _, one, _ in fleet.rows.identities()].count(subject) <= 1
    assert bystander.me().status == 200
    # The dead node's lease runs out, without our waiting for it.
    fleet.rows.query("UPDATE login_claims SET leased_until = 0 WHERE state = 'claimed'")
    life.go_on(survivor)
    wait_for(lambda: life.ended_well(survivor), KNOWN_SECONDS)  # what was linked is known everywhere within a second

    known = points(story).index(point) >= points(story).index(story.known_from)
    assert max(fleet.provider.exchanged.values()) <= (1 if known else 2)
    assert [one for _, one, _ in fleet.rows.identities()].count(subject) == 1
    # The next click, of the same person in another browser: the same account, and no trace of what happened.
    account = fleet.rows.account_of(subject)
    assert fleet.signed_in(life.who, fleet.nodes[1]).account()["id"] == account
    if story is Resolve:
        assert people.people(str(fleet.directory / "people.db")).count((account or "", subject)) == 1
    if is_last:
        assert fleet.rows.halves() == {}


def test_the_accounts_are_as_many_as_the_people(doomed: Fleet) -> None:
    """After all of it: nobody was made twice, and every account has its identities."""
    identities = doomed.rows.identities()
    assert len({subject for _, subject, _ in identities}) == len(identities)
    assert {account for _, _, account in identities} == set(
        itertools.chain.from_iterable(doomed.rows.query("SELECT id FROM accounts"))
    )
    assert len(identities) > len(POINTS)


def test_how_often(doomed: Fleet) -> None:
    measured(
        f"{doomed.rows.kind}: killed {TURNS} times at each of {len(POINTS)} points"
        + (f" ({', '.join(story.__name__ for story in STORIES)})" if TOLD else ""),
        f"{TURNS * len(POINTS)} of {TURNS * len(POINTS)} got to their end on another node; 0 by half, 0 twice, "
        "at most 2 exchanges a verifier or a code",
    )
    assert doomed.rows.halves() == {}
