"""Crowds: many at once, in threads, tasks and processes, and still exactly one of each."""

from __future__ import annotations

from functools import partial

from valetkey.models import Profile
from valetkey.storage.base import LEASE_SECONDS, Lease

from .bench import Bench, a_key, signing_in


class CrowdsContract:
    def test_one_of_many_gets_the_claim(self, bench: Bench) -> None:
        for _ in range(10):
            key = a_key()
            claims = bench.together([partial(bench.store.claim, Lease(key, f"owner-{number}")) for number in range(16)])
            assert sum(claim.mine for claim in claims) == 1

    def test_one_of_many_takes_it_over(self, bench: Bench) -> None:
        for _ in range(10):
            key = a_key()
            bench.claim(key, "dead")
            bench.advance(LEASE_SECONDS + 1)
            claims = bench.together([partial(bench.store.claim, Lease(key, f"owner-{number}")) for number in range(16)])
            assert [claim.taken_over for claim in claims if claim.mine] == [True]

    def test_one_of_many_processes_gets_the_claim(self, bench: Bench) -> None:
        keys = [a_key() for _ in range(40)]
        got = bench.other_processes(4, "claim", *keys)
        assert sorted(key for process in got for key in process) == sorted(keys)

    def test_one_of_many_finishes(self, bench: Bench) -> None:
        """The same delivery many times over."""
        key = a_key()
        bench.claim(key)
        rows = bench.together(
            [
                partial(
                    bench.store.complete,
                    Lease(key, "owner"),
                    signing_in(Profile(subject="1")),
                )
                for _ in range(16)
            ]
        )
        assert sum(row is not None for row in rows) == 1
        assert (bench.count("sessions"), bench.count("accounts")) == (1, 1)

    def test_many_first_logins_of_one_user(self, bench: Bench) -> None:
        """One account, one identity, a session each."""
        keys = [a_key() for _ in range(50)]
        for key in keys:
            bench.claim(key)
        rows = bench.together(
            [
                partial(
                    bench.store.complete,
                    Lease(key, "owner"),
                    signing_in(Profile(subject="1001")),
                )
                for key in keys
            ]
        )
        assert len({row.account.id for row in rows if row is not None}) == 1
        assert len({row.id for row in rows if row is not None}) == 50
        assert [bench.count(table) for table in ("accounts", "identities", "sessions")] == [1, 1, 50]

    def test_first_logins_of_one_user_in_many_processes(self, bench: Bench) -> None:
        accounts = bench.other_processes(4, "finish", "1001")
        assert len(set(accounts)) == 1
        assert bench.count("accounts") == 1

    def test_one_second_exchange_among_many(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        granted = bench.together([partial(bench.store.record_second_exchange, Lease(key, "owner"))] * 16)
        assert sorted(granted) == [False] * 15 + [True]

    def test_many_revoke_and_one_does(self, bench: Bench) -> None:
        row = bench.sign_in()
        assert sorted(bench.together([partial(bench.store.revoke_session, row.id)] * 16)) == [False] * 15 + [True]
