"""What a store has to bring to be held to the contract: a database, a clock that can be moved, a way to be driven.

``Bench`` is also the store's plain face: every verb once more, run to its end by the runner of its access strategy, so
that a test reads like the story it tells.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from valetkey.http_client.runner import ThreadRunner
from valetkey.models import Account, Profile
from valetkey.storage.base import (
    AttachIdentity,
    Authentication,
    Claim,
    CrossSiteBinding,
    Device,
    IssueOneTimeCode,
    Lease,
    NewSession,
    OpenSession,
    Resolved,
    Revocations,
    SessionRow,
    Store,
)

Result = TypeVar("Result")
Verb = Callable[[], Coroutine[Any, Any, Result]]

HOUR = 3600.0
DAY = 24 * HOUR
LIFETIME = 90 * DAY

_OTHER_PROCESS = Path(__file__).with_name("other_process.py")
_COUNT = itertools.count(1)


def a_key() -> str:
    """A claim's key that no test has used yet."""
    return f"key-{os.getpid()}-{next(_COUNT)}"


def a_session(
    id: str | None = None,
    *,
    lifetime_seconds: float = LIFETIME,
    replaces: str | None = None,
    device_name: str | None = None,
    network: str | None = None,
) -> NewSession:
    number = next(_COUNT)
    return NewSession(
        id=id or f"session-{os.getpid()}-{number}",
        login_id=f"login-{number}",
        lifetime_seconds=lifetime_seconds,
        replaces=replaces,
        device_name=device_name,
        network=network,
    )


def a_profile(subject: str = "1001") -> Profile:
    return Profile(subject=subject, preferred_username=f"handle-{subject}", name=f"Name {subject}")


def signing_in(profile: Profile, session: NewSession | None = None, provider: str = "twitter") -> OpenSession:
    """The person whom the provider names is to be signed in."""
    return OpenSession(Authentication(provider, profile), session or a_session())


def attaching(to: SessionRow, subject: str, provider: str = "twitter") -> AttachIdentity:
    """This identity is to be linked to this session's account."""
    return AttachIdentity(Authentication(provider, a_profile(subject)), to.account.id, to.id)


class Bench(ABC):
    def __init__(self, *, blocking: bool) -> None:
        self.blocking = blocking
        self._offset = 0.0
        self._frozen: float | None = None
        self._loop = None if blocking else asyncio.Runner()
        self.store = self.open()

    # What differs from store to store.

    @abstractmethod
    def open(self, on_statement: Callable[[str], None] | None = None) -> Store:
        """Another store on the same database, as another node would be, on this bench's clock."""

    @property
    @abstractmethod
    def url(self) -> str:
        """What ``VALETKEY_DATABASE`` would be."""

    @abstractmethod
    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Beside the store, on a connection of its own. Table and column names are the same in every store."""

    @abstractmethod
    def tables(self) -> list[str]:
        """The names of all tables."""

    @abstractmethod
    def columns(self, table: str) -> set[str]:
        """The names of a table's columns."""

    # An SQL value: an event's id that is older than every other's.
    first_event_id: str

    # The clock.

    def clock(self) -> float:
        return (time.time() if self._frozen is None else self._frozen) + self._offset

    def advance(self, seconds: float) -> None:
        self._offset += seconds

    def freeze(self) -> None:
        self._frozen = time.time()

    # Driving.

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return ThreadRunner().run(work) if self._loop is None else self._loop.run(work)

    def statements(self, verb: Callable[[Store], Coroutine[Any, Any, object]]) -> list[str]:
        """What one verb sends to the database, BEGIN and COMMIT included, on connections that are open already."""
        said: list[str] = []
        store = self.open(said.append)
        self.run(store.revocations())
        self.run(store.claim(Lease(a_key(), "owner")))
        said.clear()
        self.run(verb(store))
        sent = list(said)
        self.run(store.close())
        return sent

    def together(self, verbs: list[Verb[Result]]) -> list[Result]:
        """All at once: a thread each, or tasks of one loop."""
        if self._loop is not None:

            async def all_of_them() -> list[Result]:
                return await asyncio.gather(*(verb() for verb in verbs))

            return self._loop.run(all_of_them())

        results: list[Result] = []
        start = threading.Barrier(len(verbs))

        def play(verb: Verb[Result]) -> None:
            start.wait()
            results.append(ThreadRunner().run(verb()))

        threads = [threading.Thread(target=play, args=(verb,)) for verb in verbs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(results) == len(verbs)
        return results

    def other_processes(self, count: int, *command: str) -> list[Any]:
        """What so many other processes answered that started at once: see ``other_process.py``."""
        arguments = [
            sys.executable,
            str(_OTHER_PROCESS),
            self.url,
            "blocking" if self.blocking else "loop",
            *command,
        ]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        started = [
            subprocess.Popen(arguments, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(count)
        ]
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [process.communicate(timeout=30)[0] for process in started]
        assert [process.returncode for process in started] == [0] * count
        return [json.loads(answer) for answer in answers]

    def close(self) -> None:
        self.run(self.store.close())
        if self._loop is not None:
            self._loop.close()

    # The verbs.

    def claim(self, key: str, owner: str = "owner", binding: CrossSiteBinding | None = None) -> Claim:
        return self.run(self.store.claim(Lease(key, owner), binding))

    def find_claim_of(self, login_id: str) -> Claim | None:
        return self.run(self.store.find_claim_of(login_id))

    def find_claim(self, key: str) -> Claim | None:
        return self.run(self.store.find_claim(key))

    def record_second_exchange(self, key: str, owner: str = "owner") -> bool:
        return self.run(self.store.record_second_exchange(Lease(key, owner)))

    def finish(
        self,
        key: str,
        owner: str = "owner",
        provider: str = "twitter",
        profile: Profile | None = None,
        session: NewSession | None = None,
    ) -> SessionRow | None:
        profile = profile or Profile(subject="1001", preferred_username="ada")
        who = Authentication(provider, profile)
        return self.run(self.store.complete(Lease(key, owner), OpenSession(who, session or a_session())))

    def issue_code(
        self, key: str, code_hash: str, owner: str = "owner", provider: str = "twitter", profile: Profile | None = None
    ) -> bool:
        profile = profile or Profile(subject="1001", preferred_username="ada")
        who = Authentication(provider, profile)
        return self.run(self.store.complete(Lease(key, owner), IssueOneTimeCode(who, code_hash)))

    def resolve(self, key: str, owner: str = "owner", subject: str = "1001") -> Account | None:
        return self.run(self.store.resolve(Lease(key, owner), Authentication("twitter", a_profile(subject))))

    def resolved(self, key: str) -> Resolved:
        """What the claim notes of the account, whatever its state; nobody's if it notes none."""
        rows = self.query(f"SELECT account_id, provider, subject FROM login_claims WHERE key = '{key}'")
        if not rows or rows[0][0] is None:
            return Resolved(account_id="nobody", provider="twitter", subject="nobody")
        ((account_id, provider, subject),) = rows
        subject = subject.decode() if isinstance(subject, bytes) else subject
        return Resolved(account_id=account_id, provider=provider, subject=subject)

    def finish_resolved(self, key: str, owner: str = "owner", session: NewSession | None = None) -> SessionRow | None:
        return self.run(self.store.complete(Lease(key, owner), OpenSession(self.resolved(key), session or a_session())))

    def issue_code_resolved(self, key: str, code_hash: str, owner: str = "owner") -> bool:
        return self.run(self.store.complete(Lease(key, owner), IssueOneTimeCode(self.resolved(key), code_hash)))

    def link(self, to: SessionRow, subject: str, key: str | None = None, owner: str = "owner") -> SessionRow | None:
        """With a claim of its own, where none is named."""
        if key is None:
            key = a_key()
            assert self.claim(key, owner).mine
        return self.run(self.store.complete(Lease(key, owner), attaching(to, subject)))

    def unlink(self, row: SessionRow, subject: str | None = None, provider: str = "twitter") -> Account:
        return self.run(self.store.unlink(row.account.id, provider, subject, row.id))

    def devices(self, account_id: str) -> tuple[Device, ...]:
        return self.run(self.store.devices(account_id))

    def list_accounts(self, after: str = "", limit: int = 100) -> tuple[Account, ...]:
        return self.run(self.store.list_accounts(after, limit))

    def export_account(self, account_id: str) -> dict[str, object] | None:
        return self.run(self.store.export_account(account_id))

    def redeem(self, binding: CrossSiteBinding, code_hash: str, session: NewSession | None = None) -> SessionRow | None:
        return self.run(self.store.redeem_one_time_code(binding, code_hash, session or a_session()))

    def fail_claim(self, key: str, owner: str = "owner", error_code: str = "denied") -> bool:
        return self.run(self.store.fail_claim(Lease(key, owner), error_code))

    def void(self, key: str, owner: str | None = None) -> Claim:
        return self.run(self.store.void(key if owner is None else Lease(key, owner)))

    def read_session(self, session_id: str) -> SessionRow | None:
        return self.run(self.store.read_session(session_id))

    def touch_session(self, session_id: str) -> None:
        self.run(self.store.touch_session(session_id))

    def revoke_session(self, session_id: str, account_id: str | None = None) -> bool:
        return self.run(self.store.revoke_session(session_id, account_id))

    def revoke_account_sessions(self, account_id: str, except_session: str | None = None) -> None:
        self.run(self.store.revoke_account_sessions(account_id, except_session))

    def revocations(self) -> Revocations:
        return self.run(self.store.revocations())

    def read_account(self, account_id: str) -> Account | None:
        return self.run(self.store.read_account(account_id))

    def disable_account(self, account_id: str) -> bool:
        return self.run(self.store.disable_account(account_id))

    def enable_account(self, account_id: str) -> bool:
        return self.run(self.store.enable_account(account_id))

    def delete_account(self, account_id: str) -> bool:
        return self.run(self.store.delete_account(account_id))

    # Short cuts.

    def sign_in(
        self, subject: str = "1001", session: NewSession | None = None, *, provider: str = "twitter"
    ) -> SessionRow:
        """A whole login of this person."""
        key = a_key()
        assert self.claim(key).mine
        row = self.finish(key, profile=a_profile(subject), session=session, provider=provider)
        assert row is not None
        return row

    def is_live(self, session_id: str) -> bool:
        row = self.read_session(session_id)
        assert row is not None
        return row.live

    def count(self, table: str) -> int:
        ((count,),) = self.query(f"SELECT count(*) FROM {table}")
        return int(count)
