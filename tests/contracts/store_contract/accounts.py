"""Accounts: read, disabled, deleted; and what is over leaves the database by and by."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from valetkey.errors import AccountDisabled
from valetkey.models import Account, Identity
from valetkey.storage.base import CLAIM_SECONDS, PRUNED_ROWS, REVOCATION_SECONDS

from .bench import DAY, HOUR, Bench, a_key, a_session


class AccountsContract:
    def test_there_is_no_account(self, bench: Bench) -> None:
        assert bench.read_account("nobody") is None
        assert bench.disable_account("nobody") is False
        assert bench.enable_account("nobody") is False
        assert bench.delete_account("nobody") is False
        assert dict(bench.revocations().cutoffs) == {}

    def test_it_is_read_with_its_identities(self, bench: Bench) -> None:
        row = bench.sign_in("1001")
        assert bench.read_account(row.account.id) == Account(
            id=row.account.id,
            name="Name 1001",
            picture=None,
            identities=(Identity(provider="twitter", subject="1001", handle="handle-1001", name="Name 1001"),),
        )

    def test_several_identities_are_read_in_the_order_they_came(self, bench: Bench) -> None:
        """Fifty of them make an accident of order unlikely."""
        row = bench.sign_in("1001")
        for number in range(50):
            bench.query(
                "INSERT INTO identities (provider, subject, account_id, handle, tied_at)"
                f" VALUES ('p{number * 7 % 50}', '{number}', '{row.account.id}', NULL, {bench.clock() + number})"
            )
        expected = ["1001", *map(str, range(50))]
        account = bench.read_account(row.account.id)
        stored = bench.read_session(row.id)
        assert account is not None
        assert [one.subject for one in account.identities] == expected
        assert stored is not None
        assert stored.account == account

    def test_a_disabled_account_has_no_live_session(self, bench: Bench) -> None:
        rows = [bench.sign_in("1001") for _ in range(2)]
        stranger = bench.sign_in("7")
        account = rows[0].account
        assert bench.disable_account(account.id) is True
        assert bench.disable_account(account.id) is True
        assert not any(bench.is_live(row.id) for row in rows)
        assert bench.is_live(stranger.id)
        assert set(bench.revocations().cutoffs) == {account.id}
        assert bench.read_account(account.id) == account

    def test_an_enabled_account_signs_in_again(self, bench: Bench) -> None:
        """The same account, and none of the sessions that it had."""
        row, stranger = bench.sign_in("1001"), bench.sign_in("7")
        account = row.account.id
        bench.disable_account(account)
        bench.disable_account(stranger.account.id)
        assert bench.enable_account(account) is True
        assert bench.enable_account(account) is True
        assert not bench.is_live(row.id)
        again = bench.sign_in("1001")
        assert again.account.id == account
        assert bench.is_live(again.id)
        assert not bench.is_live(row.id)
        with pytest.raises(AccountDisabled):
            bench.sign_in("7")
        events = bench.query(f"SELECT event FROM audit_events WHERE account_id = '{account}' ORDER BY id")
        assert [event for (event,) in events] == ["signed_up", "account_disabled", "account_enabled", "signed_in"]

    def test_a_disabled_account_that_is_deleted_cannot_be_enabled(self, bench: Bench) -> None:
        account = bench.sign_in("1001").account.id
        bench.disable_account(account)
        bench.delete_account(account)
        assert bench.enable_account(account) is False

    def test_a_deleted_account_leaves_no_row(self, bench: Bench) -> None:
        """But its cut-off, until the list forgets it, and one event that says it is gone."""
        subject = "a subject that no clock shows"
        row, stranger = bench.sign_in(subject), bench.sign_in("7")
        bench.revoke_session(bench.sign_in(subject).id)
        account = row.account.id
        assert bench.delete_account(account) is True
        assert bench.delete_account(account) is False
        assert bench.read_account(account) is None
        assert bench.read_session(row.id) is None
        assert bench.revoke_session(row.id) is False
        assert set(bench.revocations().cutoffs) == {account}

        for table in ("accounts", "identities", "sessions", "login_claims", "revoked_sessions"):
            text = repr(bench.query(f"SELECT * FROM {table}"))
            assert account not in text
            assert subject not in text
        events = bench.query(f"SELECT event FROM audit_events WHERE account_id = '{account}'")
        assert events == [("account_deleted",)]
        assert bench.is_live(stranger.id)

        bench.advance(REVOCATION_SECONDS + 1)
        bench.sign_in("7")
        assert bench.count("account_cutoffs") == 0

    def test_a_deleted_accounts_claim_leads_nowhere(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        row = bench.finish(key)
        assert row is not None
        bench.delete_account(row.account.id)
        claim = bench.find_claim(key)
        assert claim is not None
        assert claim.state == "done"
        assert claim.session_id is None or bench.read_session(claim.session_id) is None

    def test_a_deleted_user_who_signs_in_again_gets_a_new_account(self, bench: Bench) -> None:
        first = bench.sign_in("1001")
        bench.delete_account(first.account.id)
        second = bench.sign_in("1001")
        assert second.account.id != first.account.id
        assert second.live

    def test_it_is_used_again_after_close(self, bench: Bench) -> None:
        row = bench.sign_in()
        bench.run(bench.store.close())
        bench.run(bench.store.close())
        assert bench.is_live(row.id)
        bench.run(bench.store.close())
        assert bench.sign_in().live


def old_claims(bench: Bench) -> None:
    for _ in range(50):
        bench.claim(a_key())
    bench.advance(CLAIM_SECONDS + 1)


def old_sessions(bench: Bench) -> None:
    for _ in range(50):
        bench.sign_in(session=a_session(lifetime_seconds=DAY))
    bench.advance(DAY + HOUR + 1)


def revoked_sessions(bench: Bench) -> None:
    for _ in range(50):
        bench.revoke_session(bench.sign_in().id)
    bench.advance(HOUR + 1)


def old_revocations(bench: Bench) -> None:
    for _ in range(50):
        bench.revoke_session(bench.sign_in().id)
    bench.advance(REVOCATION_SECONDS + 1)


def old_cutoffs(bench: Bench) -> None:
    for number in range(50):
        bench.revoke_account_sessions(bench.sign_in(str(number)).account.id)
    bench.advance(REVOCATION_SECONDS + 1)


def old_changes(bench: Bench) -> None:
    for number in range(100, 150):
        row = bench.sign_in(str(number))
        bench.link(row, f"another of {number}")
    bench.advance(REVOCATION_SECONDS + 1)


def old_events(bench: Bench) -> None:
    for _ in range(50):
        bench.sign_in(session=a_session(lifetime_seconds=365 * DAY))
    bench.advance(90 * DAY + 1)


class PruningContract:
    @pytest.mark.parametrize(
        ("table", "fill"),
        [
            ("login_claims", old_claims),
            ("sessions", old_sessions),
            ("sessions", revoked_sessions),
            ("revoked_sessions", old_revocations),
            ("account_cutoffs", old_cutoffs),
            ("account_changes", old_changes),
            ("audit_events", old_events),
        ],
    )
    def test_a_finish_prunes_a_bounded_number(self, bench: Bench, table: str, fill: Callable[[Bench], None]) -> None:
        """Twenty, twenty, ten; and from then on what each finish adds stays."""
        adds = {"login_claims": 1, "sessions": 1, "audit_events": 1}.get(table, 0)
        fill(bench)
        left = bench.count(table)
        assert left >= 50
        cleared = []
        for _ in range(4):
            bench.sign_in("7")
            cleared.append(left + adds - bench.count(table))
            left = bench.count(table)
        assert cleared == [PRUNED_ROWS, PRUNED_ROWS, 50 - 2 * PRUNED_ROWS, 0]

    def test_nothing_that_counts_is_pruned(self, bench: Bench) -> None:
        """A claim within its hour, the session it points to, live ones, what is on the list, what happened."""
        live, idle, revoked = bench.sign_in("1"), bench.sign_in("2"), bench.sign_in("3")
        bench.revoke_session(revoked.id)
        bench.revoke_account_sessions(bench.sign_in("4").account.id)
        key = a_key()
        bench.claim(key)
        bench.advance(REVOCATION_SECONDS - 1)
        bench.sign_in("7")
        assert bench.find_claim(key) is not None
        assert len(bench.revocations().sessions) == len(bench.revocations().cutoffs) == 1
        bench.advance(CLAIM_SECONDS - REVOCATION_SECONDS - 10)
        bench.sign_in("7")
        assert bench.find_claim(key) is not None
        assert bench.read_session(revoked.id) is not None
        for _ in range(3):
            bench.advance(13 * DAY)
            bench.touch_session(live.id)
            bench.sign_in("7")
        assert bench.is_live(live.id)
        assert bench.read_session(idle.id) is not None
        assert bench.query("SELECT count(*) FROM audit_events WHERE event = 'session_revoked'") == [(1,)]
