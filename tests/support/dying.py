"""A real server that is killed at a named point: SIGKILL, from within, so that the point is met exactly.

Run as a module with the point as its first argument; the others are those of ``support.readme``.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from support import readme
from valetkey.login.provider_client import ProviderClient
from valetkey.storage.sqlite import SQLiteStore


def killed_after(owner: type, name: str) -> None:
    """The verb is done, durably; nothing after it is."""
    verb: Callable[..., Any] = getattr(owner, name)

    async def last(*args: Any, **kwargs: Any) -> Any:
        await verb(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, last)


POINTS = {
    "claimed": (SQLiteStore, "claim"),
    "exchanged": (ProviderClient, "exchange"),
    "committed": (SQLiteStore, "complete"),
}

if __name__ == "__main__":
    killed_after(*POINTS[sys.argv.pop(1)])
    readme.run(sys.argv[1:])
