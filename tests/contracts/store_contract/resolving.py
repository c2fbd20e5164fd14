"""Settling: account and identity first, the session after whatever the app does in between."""

from __future__ import annotations

import pytest

from valetkey.errors import AccountDisabled
from valetkey.storage.base import LEASE_SECONDS, Resolved

from .bench import Bench, a_key, a_profile, a_session
from .finishing import counts
from .one_time_codes import a_binding


class ResolvingContract:
    def test_in_two_steps(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        account = bench.resolve(key)
        assert account is not None
        assert account == bench.read_account(account.id)
        claim = bench.find_claim(key)
        assert claim is not None
        assert (claim.state, claim.resolved, claim.lapsed) == (
            "claimed",
            Resolved(account_id=account.id, provider="twitter", subject="1001"),
            False,
        )
        assert bench.count("sessions") == 0
        session = a_session()
        row = bench.finish_resolved(key, session=session)
        assert row is not None
        assert (row.id, row.account, row.live) == (session.id, account, True)
        done = bench.find_claim(key)
        assert done is not None
        assert (done.state, done.session_id, done.resolved) == ("done", session.id, None)

    def test_a_takeover_continues_from_there(self, bench: Bench) -> None:
        """Without another exchange, and however many died."""
        key = a_key()
        bench.claim(key, "dead")
        bench.record_second_exchange(key, "dead")
        account = bench.resolve(key, "dead")
        assert account is not None
        for owner in ("second", "third", "fourth"):
            bench.advance(LEASE_SECONDS + 1)
            taken = bench.claim(key, owner)
            assert taken.resolved == Resolved(account_id=account.id, provider="twitter", subject="1001")
            assert (taken.mine, taken.taken_over, taken.exchanges) == (True, True, 2)
        assert bench.finish_resolved(key, "dead") is None
        assert bench.finish_resolved(key, "fourth") is not None
        assert bench.count("sessions") == 1

    def test_resolving_renews_the_lease(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        bench.advance(LEASE_SECONDS - 1)
        bench.resolve(key)
        bench.advance(LEASE_SECONDS - 1)
        assert not bench.claim(key, "another").mine

    def test_only_its_owner_resolves(self, bench: Bench) -> None:
        key = a_key()
        assert bench.resolve(key) is None
        bench.claim(key, "another")
        before = counts(bench)
        assert bench.resolve(key) is None
        assert bench.finish_resolved(key, "another") is None  # nothing was resolved
        assert bench.issue_code_resolved(key, "hash", "another") is False
        assert counts(bench) == before

    def test_resolved_twice_is_resolved(self, bench: Bench) -> None:
        """Its answer was lost, or another delivery took over: the same account."""
        key = a_key()
        bench.claim(key)
        assert bench.resolve(key) == bench.resolve(key)
        assert bench.count("accounts") == 1

    def test_it_ends_with_a_one_time_code(self, bench: Bench) -> None:
        key = a_key()
        binding = a_binding(key)
        bench.claim(key, binding=binding)
        account = bench.resolve(key)
        assert account is not None
        assert bench.issue_code_resolved(key, "hash") is True
        assert bench.issue_code_resolved(key, "hash") is False
        row = bench.redeem(binding, "hash")
        assert row is not None
        assert row.account.id == account.id

    def test_a_voided_one(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        bench.resolve(key)
        bench.void(key)
        assert bench.finish_resolved(key) is None
        assert bench.count("sessions") == 0

    def test_disabled_or_deleted_in_between(self, bench: Bench) -> None:
        for end in (bench.disable_account, bench.delete_account):
            key = a_key()
            bench.claim(key)
            account = bench.resolve(key, subject=end.__name__)
            assert account is not None
            end(account.id)
            if end == bench.disable_account:
                with pytest.raises(AccountDisabled):
                    bench.finish_resolved(key)
                claim = bench.find_claim(key)
                assert claim is not None
                assert (claim.state, claim.error_code) == ("failed", AccountDisabled.code)
                key = a_key()
                bench.claim(key)
                with pytest.raises(AccountDisabled):
                    bench.resolve(key, subject=end.__name__)
            else:
                assert bench.finish_resolved(key) is None
        assert bench.count("sessions") == 0

    def test_an_identity_that_is_unlinked_in_between_opens_nothing(self, bench: Bench) -> None:
        """Neither of the two halves that come later: it is no way to sign in to that account any more."""
        row = bench.sign_in("1")
        bench.link(row, "2")
        resolved, handed = a_key(), a_key()
        binding = a_binding(handed)
        bench.claim(resolved)
        bench.resolve(resolved, subject="2")
        bench.claim(handed, binding=binding)
        bench.issue_code(handed, "hash", profile=a_profile("2"))
        bench.unlink(row, "2")
        assert bench.finish_resolved(resolved) is None
        assert bench.redeem(binding, "hash") is None
        assert bench.count("sessions") == 1
