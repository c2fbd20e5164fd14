"""Another node, in a process of its own: opens the store, says *ready*, waits for *go*, and answers in JSON.

``other_process.py URL blocking|loop claim KEY…`` answers the keys that it got; ``… finish SUBJECT`` the account's id.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

from valetkey.http_client.runner import ThreadRunner
from valetkey.models import Profile
from valetkey.storage import open_store
from valetkey.storage.base import Authentication, Lease, NewSession, OpenSession, Store


async def claim(store: Store, *keys: str) -> list[str]:
    owner = f"process-{os.getpid()}"
    return [key for key in keys if (await store.claim(Lease(key, owner))).mine]


async def finish(store: Store, subject: str) -> str:
    name = f"process-{os.getpid()}"
    lease = Lease(name, name)
    assert (await store.claim(lease)).mine
    session = NewSession(id=name, login_id=name, lifetime_seconds=3600)
    row = await store.complete(lease, OpenSession(Authentication("twitter", Profile(subject=subject)), session))
    assert row is not None
    return row.account.id


async def play(url: str, strategy: str, command: str, *arguments: str) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    store = open_store(url, blocking=strategy == "blocking")
    print(json.dumps(await (claim if command == "claim" else finish)(store, *arguments)))
    await store.close()


if __name__ == "__main__":
    if sys.argv[2] == "blocking":
        ThreadRunner().run(play(*sys.argv[1:]))
    else:
        asyncio.run(play(*sys.argv[1:]))
