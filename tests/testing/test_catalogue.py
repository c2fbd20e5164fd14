"""Every provider that ships with valetkey signs users in at the sandbox, and every check of the kit holds.

The providers are those of the catalogue itself, so a new file is tested without a line here, and one that the sandbox
does not play fails. A run says how many hold: "catalogue 60/60 providers".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from support.docs_programs import docs_program

from valetkey.frameworks.wsgi import SyncSignIn
from valetkey.providers.record.appearance import Colors
from valetkey.providers.record.built_in import RECIPES
from valetkey.settings import Settings
from valetkey.testing import running_sandbox
from valetkey.testing.conformance import GROUPS, Candidate, play, row_of
from valetkey.testing.conformance.built_in import candidate_of, played_as
from valetkey.testing.conformance.subjects import NO_ID, SPELLINGS, differences, is_one_id, look_alikes
from valetkey.testing.conformance.watching import shown
from valetkey.web.http import Incoming

PLAYED = [played for name in (*RECIPES, "acme") for played in played_as(name)]


@pytest.fixture(scope="module")
def candidate() -> Iterator[Callable[[str], Candidate]]:
    """One sandbox for all, and one app for each."""
    with running_sandbox() as sandbox:
        yield cache(lambda played: candidate_of(played, sandbox))


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("played", PLAYED)
def test_provider(
    candidate: Callable[[str], Candidate], record_property: Callable[[str, object], None], played: str, group: str
) -> None:
    record_property("catalogue", played)
    one = candidate(played)
    one.reset()
    results = play(one, group)
    if group == "sign-in":
        record_property("catalogue row", row_of(one.first.outcome.identity, played))
    assert [f"{result.check.name}: {fault}" for result in results for fault in result.faults] == []
    assert len(results) > 4


# What an id is nowhere, and what is no id where its provider's are text, or numbers.
SOMETHING_ELSE = {str: (7, 2**63, 7.5, True), int: ("007", "7.0", " 7", True, 7.5, -7, 0)}
# Where two tenants, or two servers that an app may name, give out the same ids.
TENANTS = {"microsoft", "salesforce", "slack"}
SERVERS = {
    *("confluence", "jira", "mastodon", "openbankproject", "opencaching", "usos", "wikimedia", "wordpress"),
}


def test_two_people_never_share_an_account(candidate: Callable[[str], Candidate]) -> None:
    """The table over all records: whatever is wrong with a member of the subject, nobody is signed in; and two ids are
    two subjects. It asks the records themselves, with the replies of a real login."""
    table: dict[tuple[str, str, object], str] = {}
    for played in PLAYED:
        replies = candidate(played).first.replies
        paths = replies.subject_paths()
        assert paths, played
        for path in paths:
            value = replies.value(path)
            for what, wrong in NO_ID:
                if replies.tried(path, wrong) is not None:
                    table[played, shown(path), what] = "signs in"
            if not candidate(played).is_oauth1:  # a form has no types
                for wrong in SOMETHING_ELSE[type(value)]:
                    if replies.tried(path, wrong) is not None:
                        table[played, shown(path), wrong] = "signs in"
            seen: dict[str, object] = {}
            for spelling in (*SPELLINGS, *look_alikes(value)):
                profile = replies.tried(path, spelling)
                if profile is not None and not is_one_id(seen.setdefault(profile.subject, spelling), spelling):
                    table[played, shown(path), spelling] = f"is {seen[profile.subject]!r}"
    assert table == {}


def test_the_same_id_at_two_tenants_or_servers(candidate: Callable[[str], Candidate]) -> None:
    """The checks of the kit compare two tenants where the provider has some. It has them where it is known to."""
    tenants = set()
    for played in PLAYED:
        one = candidate(played)
        one.reset()
        here, there = one.signs_in("here"), one.signs_in("there")
        if differences(here, there, one.signs_in("alsohere")):
            tenants.add(played)
            assert here.outcome.landed
            assert there.outcome.landed
            assert here.outcome.account != there.outcome.account
    assert tenants == TENANTS
    assert {played for played in PLAYED if candidate(played).elsewhere is not None} == SERVERS


def test_the_pages_say_what_comes_back(candidate: Callable[[str], Candidate]) -> None:
    """Each page in docs/providers/ has the row of a login at the sandbox."""
    catalogue = docs_program("catalogue")
    rows = {}
    for played in (played for name in RECIPES for played in played_as(name)):
        one = candidate(played)
        one.reset()
        rows[played] = catalogue.row_of(one)
    stale = {name: row for name, row in rows.items() if catalogue.rows_on_pages().get(name) != row}
    assert stale == {}, "run ./run docs"


def test_the_list_of_buttons_has_all_of_them(candidate: Callable[[str], Candidate]) -> None:
    """``GET /auth/providers`` of an app with every provider."""
    with running_sandbox() as sandbox:
        settings = Settings.from_environment(sandbox.environment_for(*RECIPES))
        app = SyncSignIn(settings)
        reply = app.answer(Incoming(method="GET", path="providers", headers=[("host", "127.0.0.1:8000")]))
        app.close()
    listed = json.loads(reply.body)["providers"]
    assert [one["name"] for one in listed] == [*RECIPES]
    assert len(listed) >= 45
    for one in listed:
        assert one["title"] == RECIPES[one["name"]].title
        assert one["icon"], one["name"]
        Colors(**{name: tuple(pair) for name, pair in one["colors"].items()})
