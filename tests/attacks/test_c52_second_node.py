"""C52 on two nodes: while one reads the profile with its access token, its lease runs out, and another takes the login
over and repeats the exchange. A strict provider refuses that and revokes the first one's token (RFC 6749 §4.1.2); a
lenient one grants it. Either way there is one account and one session, and no code is exchanged more than twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from support.browser import Answer
from support.fronts import FURTHER
from support.nodes import Fleet, Node, a_person
from support.waiting import wait_for

SLOW = {"github": "profile", "acme": "userinfo"}  # what the first node waits for


@pytest.mark.parametrize("front", FURTHER, indirect=True)
@pytest.mark.parametrize("lenient", [False, True], ids=["strict", "lenient"])
def test_it_repeats_while_the_first_reads_the_profile(fleet: Fleet, lenient: bool) -> None:
    provider, before = fleet.provider, fleet.rows.all_rows()
    provider.set(lenient=lenient)
    who, profile = a_person(), fleet.browser()
    begun = profile.begin()
    callback = provider.approve(begun.send_to, **who)

    def come_back(node: Node) -> Answer:
        return fleet.at(node, profile).come_back(callback)

    with ThreadPoolExecutor(1) as pool:
        with provider.held(SLOW[provider.front.name]) as asked:
            first = pool.submit(come_back, fleet.nodes[0])
            wait_for(asked)
            fleet.rows.query("UPDATE login_claims SET leased_until = 0 WHERE state = 'claimed'")
            answer = come_back(fleet.nodes[1])
            assert not first.done()
        assert first.result().status == 303
    assert list(provider.exchanged.values()) == [2]
    assert (answer.status == 303) is lenient
    if not lenient:  # it begins again, and the first one's end has not undone that
        assert profile.session_cookie is None
        answer = profile.come_back(provider.approve(answer.send_to, **who))
        assert list(provider.exchanged.values()) == [2, 1]
    assert answer.status == 303, answer.text
    assert profile.session(begun.login)["login"]["state"] == "done"
    assert [one["subject"] for one in profile.account()["identities"]] == [who["user_id"]]
    after = fleet.rows.all_rows()
    assert {table: after[table] - before[table] for table in ("accounts", "identities", "sessions")} == {
        "accounts": 1,
        "identities": 1,
        "sessions": 1,
    }
    assert fleet.rows.halves() == {}
