"""What a verb answered, and what it left behind: the same on two benches, or a cut line has changed something."""

from __future__ import annotations

from dataclasses import replace

from postgresql_bench import PostgreSQLBench
from severed_stories import KEY, Verb

from valetkey.errors import UserError
from valetkey.models import Account
from valetkey.storage.base import Claim, SessionRow, Store

# All that a verb can leave behind, but for what is drawn by lot: account ids, event ids, calls.
LEFT = (
    "SELECT name, disabled_at FROM accounts",
    "SELECT provider, subject, handle, name FROM identities",
    "SELECT id, login, opened_at, expires_at, seen_at, presented_at, revoked_at, kept_until, provider, subject,"
    " browser, network FROM sessions",
    "SELECT owner, state, exchanges, began_at, leased_until, session_id, code, finished_at, login, challenge,"
    f" provider, subject, code_hash, account_id IS NULL FROM login_claims WHERE key = '{KEY}'",
    "SELECT * FROM revoked_sessions",
    "SELECT at, except_session FROM account_cutoffs",
    "SELECT at FROM account_changes",
    "SELECT at, event, provider, session_id FROM audit_events",
)


def outcome(bench: PostgreSQLBench, store: Store, verb: Verb) -> tuple[object, list[object]]:
    """What it answered, and what it left."""
    try:
        answer = bench.run(verb(store))
    except UserError as error:
        answer = error.code
    if isinstance(answer, SessionRow):
        assert answer == bench.read_session(answer.id)
        answer = replace(answer, account=replace(answer.account, id="drawn"))
    elif isinstance(answer, Account):
        assert answer == bench.read_account(answer.id)
        answer = replace(answer, id="drawn")
    elif isinstance(answer, Claim) and answer.resolved:
        answer = replace(answer, resolved="drawn")
    bench.run(store.close())
    return answer, [sorted(bench.query(sql), key=repr) for sql in LEFT]
