"""Settling: account and identity first, the session after whatever the app does in between."""

from __future__ import annotations

import pytest

from valetkey.errors import AccountDisabled
from valetkey.storage.base import LEASE_SECONDS, Settled

from .bench import Bench, a_key, a_profile, a_session
from .finishing import counts
from .handing_off import an_opener


class SettlingContract:
    def test_in_two_steps(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        account = bench.settle(key)
        assert account is not None
        assert account == bench.read_account(account.id)
        claim = bench.find_claim(key)
        assert claim is not None
        assert (claim.state, claim.settled, claim.is_under_way) == (
            "claimed",
            Settled(account_id=account.id, subject="1001"),
            True,
        )
        assert bench.count("sessions") == 0
        session = a_session()
        row = bench.finish_settled(key, session=session)
        assert row is not None
        assert (row.id, row.account, row.live) == (session.id, account, True)
        done = bench.find_claim(key)
        assert done is not None
        assert (done.state, done.session_id, done.settled) == ("done", session.id, None)

    def test_a_dead_owners_heir_goes_on_from_there(self, bench: Bench) -> None:
        """Without another exchange, and however many died."""
        key = a_key()
        bench.claim(key, "dead")
        bench.record_second_exchange(key, "dead")
        account = bench.settle(key, "dead")
        assert account is not None
        for heir in ("first heir", "second heir", "third heir"):
            bench.advance(LEASE_SECONDS + 1)
            taken = bench.claim(key, heir)
            assert taken.settled == Settled(account_id=account.id, subject="1001")
            assert (taken.mine, taken.taken_over, taken.exchanges) == (True, True, 2)
        assert bench.finish_settled(key, "dead") is None
        assert bench.finish_settled(key, "third heir") is not None
        assert bench.count("sessions") == 1

    def test_settling_renews_the_lease(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        bench.advance(LEASE_SECONDS - 1)
        bench.settle(key)
        bench.advance(LEASE_SECONDS - 1)
        assert not bench.claim(key, "another").mine

    def test_only_its_owner_settles(self, bench: Bench) -> None:
        key = a_key()
        assert bench.settle(key) is None
        bench.claim(key, "another")
        before = counts(bench)
        assert bench.settle(key) is None
        assert bench.finish_settled(key, "another") is None  # nothing was settled
        assert bench.hand_off_settled(key, "hash", "another") is False
        assert counts(bench) == before

    def test_settled_twice_is_settled(self, bench: Bench) -> None:
        """Its answer was lost, or the heir met a session that had gone: the same account."""
        key = a_key()
        bench.claim(key)
        assert bench.settle(key) == bench.settle(key)
        assert bench.count("accounts") == 1

    def test_handed_off(self, bench: Bench) -> None:
        key = a_key()
        opener = an_opener(key)
        bench.claim(key, opener=opener)
        account = bench.settle(key)
        assert account is not None
        assert bench.hand_off_settled(key, "hash") is True
        assert bench.hand_off_settled(key, "hash") is False
        row = bench.redeem(opener, "hash")
        assert row is not None
        assert row.account.id == account.id

    def test_a_burnt_one(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        bench.settle(key)
        bench.burn(key)
        assert bench.finish_settled(key) is None
        assert bench.count("sessions") == 0

    def test_disabled_or_deleted_in_between(self, bench: Bench) -> None:
        for end in (bench.disable_account, bench.delete_account):
            key = a_key()
            bench.claim(key)
            account = bench.settle(key, subject=end.__name__)
            assert account is not None
            end(account.id)
            if end == bench.disable_account:
                with pytest.raises(AccountDisabled):
                    bench.finish_settled(key)
                claim = bench.find_claim(key)
                assert claim is not None
                assert (claim.state, claim.code) == ("failed", AccountDisabled.code)
                key = a_key()
                bench.claim(key)
                with pytest.raises(AccountDisabled):
                    bench.settle(key, subject=end.__name__)
            else:
                assert bench.finish_settled(key) is None
        assert bench.count("sessions") == 0

    def test_an_identity_that_is_unlinked_in_between_opens_nothing(self, bench: Bench) -> None:
        """Neither of the two halves that come later: it is no way to sign in to that account any more."""
        row = bench.sign_in("1")
        bench.link(row, "2")
        settled, handed = a_key(), a_key()
        opener = an_opener(handed)
        bench.claim(settled)
        bench.settle(settled, subject="2")
        bench.claim(handed, opener=opener)
        bench.hand_off(handed, "hash", profile=a_profile("2"))
        bench.unlink(row, "2")
        assert bench.finish_settled(settled) is None
        assert bench.redeem(opener, "hash") is None
        assert bench.count("sessions") == 1
