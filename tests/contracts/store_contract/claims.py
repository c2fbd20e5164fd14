"""Claims: one owner at a time, two exchanges at most, an hour, and what is over is over."""

from __future__ import annotations

import pytest

from valetkey.storage.base import CLAIM_SECONDS, LEASE_SECONDS, Claim

from .bench import Bench, a_key


class ClaimsContract:
    def test_a_free_claim_is_mine(self, bench: Bench) -> None:
        key = a_key()
        assert bench.claim(key) == Claim(key=key, state="claimed", mine=True)
        assert bench.find_claim(key) == Claim(key=key, state="claimed")

    def test_a_claim_that_is_held_is_not_mine(self, bench: Bench) -> None:
        """Neither for another delivery, nor for the same one asking twice."""
        key = a_key()
        bench.claim(key, "first")
        for owner in ("second", "first"):
            assert bench.claim(key, owner) == Claim(key=key, state="claimed")

    def test_claims_do_not_mix(self, bench: Bench) -> None:
        one, other = a_key(), a_key()
        assert bench.claim(one, "first").mine
        assert bench.claim(other, "second").mine
        assert bench.fail_claim(one, "second") is False

    def test_there_is_none(self, bench: Bench) -> None:
        key = a_key()
        assert bench.find_claim(key) is None
        assert bench.record_second_exchange(key) is False
        assert bench.fail_claim(key) is False
        assert bench.finish(key) is None
        assert bench.find_claim(key) is None

    def test_a_lapsed_lease_is_taken_over_once(self, bench: Bench) -> None:
        """A lapsed lease means a dead node. The takeover counts the second exchange and has a lease of its own."""
        key = a_key()
        bench.claim(key, "dead")
        bench.advance(LEASE_SECONDS - 1)
        assert not bench.claim(key, "early").mine
        bench.advance(2)
        assert bench.find_claim(key) == Claim(key=key, state="claimed", lapsed=True)
        taken = bench.claim(key, "heir")
        assert taken == Claim(key=key, state="claimed", mine=True, taken_over=True, exchanges=2)
        assert bench.claim(key, "late") == Claim(key=key, state="claimed", exchanges=2)
        bench.advance(LEASE_SECONDS - 1)
        assert not bench.claim(key, "later").mine

    def test_there_is_never_a_third_exchange(self, bench: Bench) -> None:
        """Two dead owners: the claim is voided, and no lease holds it."""
        key = a_key()
        bench.claim(key, "dead")
        bench.advance(LEASE_SECONDS + 1)
        bench.claim(key, "heir")
        assert bench.record_second_exchange(key, "heir") is False
        bench.advance(LEASE_SECONDS + 1)
        burnt = bench.claim(key, "third")
        assert (burnt.state, burnt.mine, burnt.taken_over, burnt.exchanges) == ("burnt", False, False, 2)
        assert bench.find_claim(key) == burnt
        for owner in ("dead", "heir", "third"):
            assert bench.finish(key, owner) is None

    def test_a_claim_whose_owner_died_after_its_second_exchange_is_not_taken_over(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key, "dead")
        assert bench.record_second_exchange(key, "dead") is True
        bench.advance(LEASE_SECONDS + 1)
        burnt = bench.claim(key, "heir")
        assert (burnt.state, burnt.mine) == ("burnt", False)

    def test_the_second_exchange_is_granted_once(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key, "owner")
        assert bench.record_second_exchange(key, "another") is False
        assert bench.record_second_exchange(key, "owner") is True
        assert bench.record_second_exchange(key, "owner") is False
        assert bench.find_claim(key) == Claim(key=key, state="claimed", exchanges=2)

    def test_after_a_takeover_the_former_owner_writes_nothing(self, bench: Bench) -> None:
        """The fence: a node that was only slow comes back and finds that it may do nothing any more."""
        key = a_key()
        bench.claim(key, "slow")
        bench.advance(LEASE_SECONDS + 1)
        bench.claim(key, "heir")
        assert bench.record_second_exchange(key, "slow") is False
        assert bench.fail_claim(key, "slow") is False
        assert bench.void(key, "slow") == Claim(key=key, state="claimed", exchanges=2)
        assert bench.finish(key, "slow") is None
        assert bench.finish(key, "heir") is not None

    def test_a_lapsed_lease_that_was_not_taken_over_is_still_its_owners(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        bench.advance(LEASE_SECONDS + 1)
        assert bench.record_second_exchange(key) is True
        assert bench.finish(key) is not None

    def test_a_failure_is_recorded_once(self, bench: Bench) -> None:
        key = a_key()
        bench.freeze()
        bench.claim(key)
        assert bench.fail_claim(key, "another", "expired") is False
        assert bench.fail_claim(key, error_code="denied") is True
        failed = Claim(key=key, state="failed", error_code="denied", finished_at=bench.clock())
        assert bench.find_claim(key) == failed
        assert bench.fail_claim(key, error_code="expired") is False
        assert bench.finish(key) is None
        bench.advance(LEASE_SECONDS + 1)
        assert bench.claim(key, "another") == failed  # what has ended has no lease that could lapse

    def test_its_lease_voids_it(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        assert bench.void(key, "another") == Claim(key=key, state="claimed")
        burnt = bench.void(key, "owner")
        assert (burnt.state, burnt.mine) == ("burnt", True)
        again = bench.void(key, "owner")
        assert (again.state, again.mine) == ("burnt", False)
        assert bench.finish(key) is None

    def test_its_key_voids_it(self, bench: Bench) -> None:
        """Signing out while a login is being finished: it does not come back afterwards."""
        key = a_key()
        bench.claim(key)
        burnt = bench.void(key)
        assert (burnt.state, burnt.mine) == ("burnt", True)
        assert (bench.void(key).mine, bench.void(key, "owner").mine) == (False, False)
        assert bench.finish(key) is None
        assert bench.fail_claim(key) is False

    def test_a_key_voids_a_claim_that_does_not_exist_yet(self, bench: Bench) -> None:
        """Signing out before the callback has come: it can claim nothing then."""
        key = a_key()
        burnt = bench.void(key)
        assert (burnt.state, burnt.mine) == ("burnt", True)
        claim = bench.claim(key)
        assert (claim.state, claim.mine) == ("burnt", False)
        assert bench.finish(key) is None
        bench.advance(LEASE_SECONDS + 1)
        assert bench.claim(key).mine is False

    def test_a_lease_does_not_void_a_claim_that_does_not_exist(self, bench: Bench) -> None:
        key = a_key()
        burnt = bench.void(key, "owner")
        assert (burnt.state, burnt.mine) == ("burnt", False)
        assert bench.find_claim(key) is None

    def test_a_claim_that_has_ended_is_not_voided(self, bench: Bench) -> None:
        done, failed = a_key(), a_key()
        bench.claim(done)
        bench.finish(done)
        bench.claim(failed)
        bench.fail_claim(failed)
        for owner in (None, "owner"):
            assert bench.void(done, owner) == bench.find_claim(done)
            assert bench.void(failed, owner) == bench.find_claim(failed)
        assert bench.void(done).state == "done"
        assert bench.void(failed).state == "failed"

    @pytest.mark.parametrize("ending", ["claimed", "done", "failed", "burnt"])
    def test_after_an_hour_it_is_absent(self, bench: Bench, ending: str) -> None:
        key = a_key()
        bench.claim(key)
        if ending == "done":
            bench.finish(key)
        elif ending == "failed":
            bench.fail_claim(key)
        elif ending == "burnt":
            bench.void(key)
        bench.advance(CLAIM_SECONDS - 10)
        assert bench.find_claim(key) is not None
        bench.advance(20)
        assert bench.find_claim(key) is None
        assert bench.record_second_exchange(key) is False
        assert bench.fail_claim(key) is False
        assert bench.finish(key) is None
        assert bench.void(key, "owner") == Claim(key=key, state="burnt", exchanges=0)
        assert bench.claim(key, "new") == Claim(key=key, state="claimed", mine=True)
        assert bench.find_claim(key) == Claim(key=key, state="claimed")

    def test_after_its_hour_a_claim_is_voided_again(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        bench.advance(CLAIM_SECONDS + 1)
        assert bench.void(key).mine is True
        assert bench.claim(key).state == "burnt"
