"""Devices: what an account's owner is shown of its sessions, and everything that is kept of an account."""

from __future__ import annotations

import json

from .bench import Bench, a_session


class DevicesContract:
    def test_the_live_ones_the_last_used_first(self, bench: Bench) -> None:
        bench.freeze()
        first = bench.sign_in("1", a_session(device_name="Firefox on Linux", network="192.0.2.0/24"))
        bench.advance(10)
        second = bench.sign_in("1", a_session(lifetime_seconds=1000.0))
        ended, another = bench.sign_in("1"), bench.sign_in("2")
        bench.revoke_session(ended.id)
        bench.advance(10)
        bench.touch_session(first.id)
        shown = bench.devices(first.account.id)
        assert [one.id for one in shown] == [first.id, second.id]
        assert (shown[0].device_name, shown[0].network) == ("Firefox on Linux", "192.0.2.0/24")
        assert (shown[1].device_name, shown[1].network) == (None, None)
        assert (shown[0].opened_at, shown[0].seen_at) == (first.opened_at, bench.clock())
        assert shown[1].expires_at == second.opened_at + 1000.0
        assert [one.id for one in bench.devices(another.account.id)] == [another.id]
        bench.advance(2000)
        assert [one.id for one in bench.devices(first.account.id)] == [first.id]
        assert bench.devices("nobody") == ()

    def test_of_a_disabled_account_there_are_none(self, bench: Bench) -> None:
        row = bench.sign_in("1")
        bench.disable_account(row.account.id)
        assert bench.devices(row.account.id) == ()

    def test_one_is_revoked_by_its_own_account_only(self, bench: Bench) -> None:
        mine, yours = bench.sign_in("1"), bench.sign_in("2")
        assert bench.revoke_session(yours.id, mine.account.id) is False
        assert bench.is_live(yours.id)
        assert bench.revoke_session(mine.id, mine.account.id) is True
        assert not bench.is_live(mine.id)

    def test_accounts_in_order(self, bench: Bench) -> None:
        """By their ids, as the database orders text; a page goes on where the last one ended."""
        made = sorted(bench.sign_in(str(number)).account.id for number in range(5))
        ids = [one.id for one in bench.list_accounts()]
        assert sorted(ids) == made
        assert [one.id for one in bench.list_accounts(ids[1], 2)] == ids[2:4]
        assert bench.list_accounts(ids[-1]) == ()
        assert bench.list_accounts(limit=1)[0].identities != ()

    def test_everything_that_is_kept(self, bench: Bench) -> None:
        row, other = bench.sign_in("1"), bench.sign_in("2")
        bench.link(row, "3")
        kept = bench.export_account(row.account.id)
        assert kept is not None
        json.dumps(kept)
        assert (kept["id"], kept["name"]) == (row.account.id, "Name 1")
        assert [one["subject"] for one in kept["identities"]] == ["1", "3"]  # type: ignore[attr-defined]
        assert [one["id"] for one in kept["sessions"]] == [row.id]  # type: ignore[attr-defined]
        assert [one["event"] for one in kept["events"]] == ["signed_up", "identity_linked"]  # type: ignore[attr-defined]
        assert other.id not in json.dumps(kept)
        assert bench.export_account("nobody") is None
