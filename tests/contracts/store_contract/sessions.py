"""Sessions: live until they are over, over for good, and everybody learns of it."""

from __future__ import annotations

import pytest

from valetkey.storage.base import REVOCATION_SECONDS, Cutoff, Revocations

from .bench import DAY, HOUR, Bench, a_session

IDLE_DAYS = 14


class SessionsContract:
    def test_there_is_no_session(self, bench: Bench) -> None:
        assert bench.read_session("nobody") is None
        assert bench.revoke_session("nobody") is False
        bench.touch_session("nobody")
        bench.revoke_account_sessions("nobody")
        found = bench.revocations()
        assert (found.sessions, dict(found.cutoffs)) == (frozenset(), {})
        assert bench.read_session("nobody") is None

    def test_it_ends_at_its_absolute_end(self, bench: Bench) -> None:
        row = bench.sign_in(session=a_session(lifetime_seconds=3 * DAY))
        bench.advance(3 * DAY - 10)
        bench.touch_session(row.id)
        assert bench.is_live(row.id)
        bench.advance(20)
        assert not bench.is_live(row.id)
        assert bench.revoke_session(row.id) is False

    def test_when_it_was_revoked(self, bench: Bench) -> None:
        """Signed out, replaced or signed out everywhere: the store says when. What is merely over was not revoked."""
        bench.freeze()
        signed_out, replaced, everywhere = bench.sign_in("1"), bench.sign_in("2"), bench.sign_in("3")
        over = bench.sign_in("4", a_session(lifetime_seconds=5.0))
        bench.advance(10)
        bench.revoke_session(signed_out.id)
        bench.sign_in("2", a_session(replaces=replaced.id))
        bench.revoke_account_sessions(everywhere.account.id)
        bench.advance(10)
        for row in (signed_out, replaced, everywhere):
            found = bench.read_session(row.id)
            assert found is not None
            assert (row.revoked_at, found.revoked_at) == (None, row.opened_at + 10)
        expired = bench.read_session(over.id)
        assert expired is not None
        assert (expired.live, expired.revoked_at) == (False, None)

    def test_it_ends_when_it_is_idle(self, bench: Bench) -> None:
        """A touch puts it off; after that it is too late."""
        row = bench.sign_in()
        for _ in range(3):
            bench.advance(IDLE_DAYS * DAY - 10)
            assert bench.is_live(row.id)
            bench.touch_session(row.id)
        bench.advance(IDLE_DAYS * DAY + 10)
        assert not bench.is_live(row.id)
        bench.touch_session(row.id)
        assert not bench.is_live(row.id)
        assert bench.revoke_session(row.id) is False

    def test_a_touch(self, bench: Bench) -> None:
        bench.freeze()
        row, other = bench.sign_in(), bench.sign_in()
        assert (row.presented_at, row.seen_at) == (None, row.opened_at)
        seen = []
        for _ in range(2):
            bench.advance(5)
            bench.touch_session(row.id)
            now = bench.read_session(row.id)
            assert now is not None
            assert (now.opened_at, now.expires_at) == (row.opened_at, row.expires_at)
            seen.append((now.presented_at, now.seen_at))
        assert seen == [(row.opened_at + 5, row.opened_at + 5), (row.opened_at + 5, row.opened_at + 10)]
        untouched = bench.read_session(other.id)
        assert untouched is not None
        assert untouched.presented_at is None

    def test_it_is_revoked_once(self, bench: Bench) -> None:
        row, other = bench.sign_in(), bench.sign_in()
        assert bench.revoke_session(row.id) is True
        assert bench.revoke_session(row.id) is False
        assert not bench.is_live(row.id)
        bench.touch_session(row.id)
        assert not bench.is_live(row.id)
        assert bench.is_live(other.id)

    def test_another_node_sees_it_at_once(self, bench: Bench) -> None:
        row = bench.sign_in()
        node = bench.open()
        before = bench.run(node.read_session(row.id))
        bench.revoke_session(row.id)
        after = bench.run(node.read_session(row.id))
        listed = bench.run(node.revocations())
        bench.run(node.close())
        assert before is not None
        assert before.live
        assert after is not None
        assert not after.live
        assert listed.sessions == {row.id}

    def test_the_list_reaches_six_minutes_back(self, bench: Bench) -> None:
        """Longer than any session is cached. What has left the list stays revoked."""
        bench.freeze()
        assert bench.revocations() == Revocations(now=bench.clock(), sessions=frozenset(), cutoffs={})
        row, other = bench.sign_in("1001"), bench.sign_in("7")
        bench.revoke_session(row.id)
        bench.revoke_account_sessions(other.account.id)
        revoked_at = bench.clock()
        bench.advance(REVOCATION_SECONDS - 1)
        assert bench.revocations() == Revocations(
            now=bench.clock(), sessions=frozenset({row.id}), cutoffs={other.account.id: Cutoff(at=revoked_at)}
        )
        bench.advance(2)
        assert bench.revocations() == Revocations(now=bench.clock(), sessions=frozenset(), cutoffs={})
        assert not bench.is_live(row.id)
        assert not bench.is_live(other.id)

    def test_what_was_idle_is_listed_all_the_same(self, bench: Bench) -> None:
        """A process may have cached it before it became idle."""
        row = bench.sign_in()
        bench.advance(IDLE_DAYS * DAY + 1)
        assert bench.revoke_session(row.id) is False
        assert bench.revocations().sessions == {row.id}


class CutoffsContract:
    def test_all_but_one(self, bench: Bench) -> None:
        bench.freeze()
        kept, ended, stranger = bench.sign_in("1001"), bench.sign_in("1001"), bench.sign_in("7")
        bench.revoke_account_sessions(kept.account.id, kept.id)
        assert [bench.is_live(row.id) for row in (kept, ended, stranger)] == [True, False, True]
        found = bench.revocations()
        assert found.sessions == frozenset()
        assert found.cutoffs == {kept.account.id: Cutoff(at=bench.clock(), except_session=kept.id)}

    def test_all(self, bench: Bench) -> None:
        rows = [bench.sign_in("1001") for _ in range(3)]
        bench.revoke_account_sessions(rows[0].account.id)
        assert not any(bench.is_live(row.id) for row in rows)

    def test_what_is_opened_afterwards_lives(self, bench: Bench) -> None:
        """Also in the same instant, and by its own date, which decides about cached sessions."""
        bench.freeze()
        before = bench.sign_in()
        bench.revoke_account_sessions(before.account.id)
        after = bench.sign_in()
        assert after.live
        assert bench.is_live(after.id)
        cutoff = bench.revocations().cutoffs[before.account.id]
        assert before.opened_at <= cutoff.at < after.opened_at
        assert after.expires_at == before.expires_at

    @pytest.mark.parametrize("verb", ["revoke", "disable", "delete"])
    def test_a_clock_that_was_set_back_saves_no_session(self, bench: Bench, verb: str) -> None:
        row = bench.sign_in()
        bench.advance(-HOUR)
        account = row.account.id
        if verb == "revoke":
            bench.revoke_account_sessions(account)
        else:
            assert bench.disable_account(account) if verb == "disable" else bench.delete_account(account)
        assert bench.revocations().cutoffs[account].at >= row.opened_at
        stored = bench.read_session(row.id)
        assert stored is None or not stored.live

    def test_a_clock_that_was_set_back_does_not_lock_out(self, bench: Bench) -> None:
        row = bench.sign_in()
        bench.revoke_account_sessions(row.account.id)
        bench.advance(-HOUR)
        bench.revoke_account_sessions(row.account.id)
        after = bench.sign_in()
        assert after.live
        assert row.opened_at <= bench.revocations().cutoffs[row.account.id].at < after.opened_at

    def test_a_later_exception_revives_no_session(self, bench: Bench) -> None:
        """The list has one cut-off an account: the second must not except what the first one ended, since elsewhere a
        process may have cached the session before both."""
        early, later = bench.sign_in(), bench.sign_in()
        account = early.account.id
        bench.revoke_account_sessions(account, later.id)
        bench.revoke_account_sessions(account, early.id)
        assert not bench.is_live(early.id)
        assert not bench.is_live(later.id)
        assert bench.revocations().cutoffs[account].except_session is None

    @pytest.mark.parametrize("except_session", ["nobody", "a stranger's", "revoked"])
    def test_only_a_live_session_of_its_own_is_excepted(self, bench: Bench, except_session: str) -> None:
        mine, revoked, stranger = bench.sign_in("1001"), bench.sign_in("1001"), bench.sign_in("7")
        bench.revoke_session(revoked.id)
        named = {"nobody": "nobody", "a stranger's": stranger.id, "revoked": revoked.id}[except_session]
        bench.revoke_account_sessions(mine.account.id, named)
        assert bench.revocations().cutoffs[mine.account.id].except_session is None
        assert [bench.is_live(row.id) for row in (mine, revoked, stranger)] == [False, False, True]

    def test_it_holds_after_it_has_left_the_list(self, bench: Bench) -> None:
        row = bench.sign_in("1001")
        bench.revoke_account_sessions(row.account.id)
        bench.advance(REVOCATION_SECONDS + 1)
        bench.sign_in("7")  # which clears the list
        assert bench.count("account_cutoffs") == 0
        assert not bench.is_live(row.id)
