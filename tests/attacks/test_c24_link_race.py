"""C24: an identity belongs to one account. Of two who link it at the same moment one has it, and the other learns so;
what is tied never moves, and nobody enters by it but into the account that has it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from support.browser import Answer
from support.fronts import at_both
from support.nodes import Fleet, a_person, measured

pytestmark = at_both

ROUNDS = int(os.environ.get("VALETKEY_RACES", "8"))


def at_once(*deeds: Callable[[], Answer]) -> list[Answer]:
    together = threading.Barrier(len(deeds))

    def done(deed: Callable[[], Answer]) -> Answer:
        together.wait(30)
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(done, deeds))


def test_one_after_the_other(fleet: Fleet) -> None:
    """The control: the first has it, the second gets an error, and the page that it ends at says so again."""
    wanted = a_person()
    first, second = fleet.signed_in(a_person()), fleet.signed_in(a_person())
    assert "/done?" in (fleet.link(first, wanted).header("location") or "")
    refused = fleet.link(second, wanted)
    assert refused.code == "identity_taken"
    assert second.visit(refused.header("location") or "").status == 409
    assert fleet.rows.account_of(wanted["user_id"]) == first.account()["id"]
    assert len(second.account()["identities"]) == 1


def test_many_accounts_at_once(fleet: Fleet) -> None:
    """An account at each node, all of them after the same identity."""
    for _ in range(ROUNDS):
        wanted = a_person()
        profiles = [fleet.signed_in(a_person(), node) for node in fleet.nodes]
        callbacks = [fleet.provider.approve(fleet.begin_link(one)[1], **wanted) for one in profiles]
        answers = at_once(
            *(
                lambda profile=profile, callback=callback: profile.come_back(callback)
                for profile, callback in zip(profiles, callbacks, strict=True)
            )
        )
        codes = [answer.code for answer in answers]
        assert codes.count("identity_taken") == len(profiles) - 1
        winner = profiles[codes.index(None)]
        assert fleet.rows.account_of(wanted["user_id"]) == winner.account()["id"]
        assert [len(profile.account()["identities"]) for profile in profiles] == [
            2 if profile is winner else 1 for profile in profiles
        ]
        # It does not move afterwards either, however often it is asked for.
        loser = profiles[(codes.index(None) + 1) % len(profiles)]
        assert fleet.link(loser, wanted).code == "identity_taken"
        assert fleet.signed_in(wanted).account()["id"] == winner.account()["id"]
    measured(f"{fleet.rows.kind}: {ROUNDS} times an identity linked by four accounts at once", "one has it each time")


def test_a_link_and_a_first_login_at_once(fleet: Fleet) -> None:
    """Either the login comes first and has an account of its own, or it enters the one that linked."""
    for turn in range(2 * ROUNDS):
        wanted = a_person()
        owner, newcomer = fleet.signed_in(a_person(), fleet.nodes[0]), fleet.browser(fleet.nodes[1 + turn % 3])
        before = fleet.rows.count("accounts")
        link = fleet.provider.approve(fleet.begin_link(owner)[1], **wanted)
        login = fleet.provider.approve(newcomer.begin().send_to, **wanted)
        linked, entered = at_once(lambda: owner.come_back(link), lambda: newcomer.come_back(login))
        assert entered.status == 303
        has_it = fleet.rows.account_of(wanted["user_id"])
        assert newcomer.account()["id"] == has_it
        if linked.code is None:
            assert owner.account()["id"] == has_it
            assert fleet.rows.count("accounts") == before
        else:
            assert linked.code == "identity_taken"
            assert owner.account()["id"] != has_it
            assert fleet.rows.count("accounts") == before + 1
        assert fleet.rows.halves() == {}


def test_a_link_and_its_undoing_at_once(fleet: Fleet) -> None:
    """One account unties it while another asks for it: it is the one's, the other's, or nobody's, and never both's."""
    for turn in range(ROUNDS):
        wanted = a_person()
        owner, other = (
            fleet.signed_in(a_person(), fleet.nodes[0]),
            fleet.signed_in(a_person(), fleet.nodes[1 + turn % 3]),
        )
        fleet.link(owner, wanted)
        link = fleet.provider.approve(fleet.begin_link(other)[1], **wanted)
        untied, linked = at_once(
            lambda: owner.fetch("POST", "/auth/unlink/", {"provider": owner.provider, "subject": wanted["user_id"]}),
            lambda: other.come_back(link),
        )
        assert untied.status == 200
        assert linked.code in (None, "identity_taken")
        expected = other.account()["id"] if linked.code is None else None
        assert fleet.rows.account_of(wanted["user_id"]) == expected
        assert len(owner.account()["identities"]) == 1
