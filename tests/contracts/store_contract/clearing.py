"""Nothing grows without end: whatever a verb adds rows with, it also clears away rows that are over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import chain

import pytest

from valetkey.errors import AccountDisabled
from valetkey.storage.base import CODE_SECONDS, LOOK_SECONDS, CrossSiteBinding, Store

from .bench import Bench, a_key

Act = Callable[[], object]

# Rows that nobody can need any more, one of each kind, and how to tell whether it is still there.
OVER = {
    "login_claims": "key = 'over'",
    "sessions": "id = 'over'",
    "revoked_sessions": "session_id = 'over'",
    "account_cutoffs": "account_id = 'over'",
    "account_changes": "account_id = 'over'",
    "audit_events": "account_id = 'over'",
}
# What stays until somebody deletes the account.
KEPT = {"accounts", "identities"}
# The store's own: a version, and the clock of the tests. They have one row.
FIXED = {"valetkey_schema", "bench_clock"}


def plant(bench: Bench) -> None:
    bench.revocations()  # the first verb makes the tables, where there are none
    columns = {table: bench.columns(table) for table in OVER}
    bench.query("INSERT INTO accounts (id, created_at) VALUES ('over', 1)")
    for table, names in columns.items():
        row = {
            "id": bench.first_event_id if table == "audit_events" else "'over'",
            **dict.fromkeys(("key", "session_id", "account_id", "login", "event", "written_by"), "'over'"),
            "state": "'done'",
            "exchanges": "1",
            **dict.fromkeys(("at", "began_at", "leased_until", "opened_at", "expires_at", "seen_at"), "1"),
            "kept_until": "1",
        }
        row = {name: value for name, value in row.items() if name in names}
        bench.query(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})")


def left(bench: Bench) -> list[str]:
    """The kinds of which the row that is over is still there."""
    return [table for table, it in OVER.items() if bench.query(f"SELECT count(*) FROM {table} WHERE {it}") != [(0,)]]


def a_claim(bench: Bench, binding: CrossSiteBinding | None = None) -> str:
    key = a_key()
    assert bench.claim(key, binding=binding).mine
    return key


# What comes before a verb, and the verb.


def finish(bench: Bench) -> Act:
    key = a_claim(bench)
    return lambda: bench.finish(key)


def finish_resolved(bench: Bench) -> Act:
    key = a_claim(bench)
    bench.resolve(key)
    return lambda: bench.finish_resolved(key)


def issue_code(bench: Bench) -> Act:
    key = a_claim(bench)
    return lambda: bench.issue_code(key, "hash")


def issue_code_resolved(bench: Bench) -> Act:
    key = a_claim(bench)
    bench.resolve(key)
    return lambda: bench.issue_code_resolved(key, "hash")


def resolve(bench: Bench) -> Act:
    key = a_claim(bench)
    return lambda: bench.resolve(key)


def link(bench: Bench) -> Act:
    row, key = bench.sign_in(), a_claim(bench)
    return lambda: bench.link(row, "another", key)


def unlink(bench: Bench) -> Act:
    row = bench.sign_in("1001")
    bench.link(row, "another")
    return lambda: bench.unlink(row, "another")


def redeem(bench: Bench) -> Act:
    binding = CrossSiteBinding(login_id="A" * 22, challenge="challenge")
    bench.issue_code(a_claim(bench, binding), "hash")
    return lambda: bench.redeem(binding, "hash")


def fail_claim(bench: Bench) -> Act:
    key = a_claim(bench)
    return lambda: bench.fail_claim(key)


def void(bench: Bench) -> Act:
    return lambda: bench.void(a_key())


def revoke_session(bench: Bench) -> Act:
    row = bench.sign_in()
    return lambda: bench.revoke_session(row.id)


def revoke_account_sessions(bench: Bench) -> Act:
    row = bench.sign_in()
    return lambda: bench.revoke_account_sessions(row.account.id)


def disable_account(bench: Bench) -> Act:
    row = bench.sign_in()
    return lambda: bench.disable_account(row.account.id)


def enable_account(bench: Bench) -> Act:
    row = bench.sign_in()
    bench.disable_account(row.account.id)
    return lambda: bench.enable_account(row.account.id)


def delete_account(bench: Bench) -> Act:
    row = bench.sign_in()
    return lambda: bench.delete_account(row.account.id)


def refused(end: Callable[[Bench], Act]) -> Callable[[Bench], Act]:
    """The same for somebody whose account is disabled."""

    def refusing(bench: Bench) -> Act:
        act = end(bench)
        row = bench.sign_in("1001")
        bench.disable_account(row.account.id)
        return act

    return refusing


# The verbs that add rows, and each way to use one.
CLEARS = {
    "complete": (finish, finish_resolved, issue_code, issue_code_resolved, link),
    "resolve": (resolve,),
    "unlink": (unlink,),
    "redeem_one_time_code": (redeem,),
    "fail_claim": (fail_claim,),
    "void": (void,),
    "revoke_session": (revoke_session,),
    "revoke_account_sessions": (revoke_account_sessions,),
    "disable_account": (disable_account,),
    "enable_account": (enable_account,),
    "delete_account": (delete_account,),
}
REFUSED = (finish, finish_resolved, issue_code, issue_code_resolved, resolve)
# Those that add no row; and ``claim``, which adds one that another verb ends.
ADDS_NOTHING = {
    "claim",
    "find_claim",
    "find_claim_of",
    "record_second_exchange",
    "read_session",
    "touch_session",
    "devices",
    "revocations",
    "read_account",
    "list_accounts",
    "export_account",
    "close",
}


class ClearingContract:
    def test_every_table_that_grows_is_among_them(self, bench: Bench) -> None:
        """A new table is cleared away, or says here why it needs no clearing."""
        bench.revocations()
        assert set(bench.tables()) - FIXED == set(OVER) | KEPT

    def test_every_verb_is_among_them(self) -> None:
        verbs = {name for name in vars(Store) if not name.startswith("_")}
        assert verbs == set(CLEARS) | ADDS_NOTHING

    @pytest.mark.parametrize("verb", [*chain(*CLEARS.values())], ids=lambda verb: verb.__name__)
    def test_a_verb_that_adds_rows_prunes(self, bench: Bench, verb: Callable[[Bench], Act]) -> None:
        self.clears(bench, verb)

    @pytest.mark.parametrize("verb", REFUSED, ids=lambda verb: verb.__name__)
    def test_a_login_that_is_refused_prunes(self, bench: Bench, verb: Callable[[Bench], Act]) -> None:
        self.clears(bench, refused(verb))

    def test_a_verb_prunes_after_the_clock_was_set_back(self, bench: Bench) -> None:
        bench.advance(60)
        bench.sign_in()
        self.clears(bench, finish, later=-60)

    @pytest.mark.parametrize("verb", ["find_claim", "read_session", "revocations", "claim", "touch_session"])
    def test_the_control(self, bench: Bench, verb: str) -> None:
        """What only looks leaves all of it, so that the row that is over goes by the verb that is tried."""
        plant(bench)
        {
            "find_claim": lambda: bench.find_claim("over"),
            "read_session": lambda: bench.read_session("over"),
            "revocations": bench.revocations,
            "claim": lambda: bench.claim(a_key()),
            "touch_session": lambda: bench.touch_session("over"),
        }[verb]()
        assert left(bench) == list(OVER)

    @staticmethod
    def clears(bench: Bench, verb: Callable[[Bench], Act], later: float = LOOK_SECONDS) -> None:
        act = verb(bench)
        plant(bench)
        bench.advance(later)  # the verbs that have set it up have found nothing
        assert left(bench) == list(OVER)
        with suppress(AccountDisabled):
            act()
        assert left(bench) == []

    def test_codes_that_are_never_redeemed_do_not_pile_up(self, bench: Bench) -> None:
        """A year of logins of a page on another site, one a day: some rows for each kind, not one for each login."""
        for day in range(120):
            binding = CrossSiteBinding(login_id=f"login-{day}", challenge="challenge")
            bench.issue_code(a_claim(bench, binding), "hash")
            bench.redeem(binding, "hash")
            bench.advance(86400.0 + CODE_SECONDS)
        assert bench.count("login_claims") <= 2
        assert bench.count("sessions") <= 95
        assert bench.count("audit_events") <= 95
