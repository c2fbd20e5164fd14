"""Where what a login needs is remembered: one store for one machine, chosen by ``VALETKEY_DATABASE``.

A store is one implementation of the contract in ``valetkey.store`` and passes the one suite of
tests/contracts.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..errors import SettingsError, StoreError
from ..store import Store
from .sqlite import SQLiteStore

_SQLITE = "sqlite:///"


def open_store(url: str, *, blocking: bool, idle_days: float = 14.0) -> Store:
    """The store that a database URL names: ``sqlite:///relative.db`` or ``sqlite:////absolute/path.db``.

    A relative path counts from the working directory of this call. What is wrong for good is said here, at
    start; a database that is merely locked or full just now is not: the first verb that needs it answers.

    Args:
        blocking: for the ``ThreadRunner`` (verbs never suspend) instead of an event loop.
        idle_days: a session that is not presented for so long is over.

    Raises:
        SettingsError: no such store, no such directory, or a file that is not valetkey's or of a later
            version.
    """
    if not url.startswith(_SQLITE):
        # Not quoted: a database URL often holds a password.
        raise SettingsError("VALETKEY_DATABASE must be sqlite:///relative.db or sqlite:////absolute/path.db.")
    name = url.removeprefix(_SQLITE)
    if name == ":memory:":
        raise SettingsError(
            "VALETKEY_DATABASE cannot be sqlite:///:memory: since each thread has a connection, and so a "
            "memory, of its own. Name a file; one under /dev/shm is memory, too."
        )
    if not name or "?" in name or "#" in name or "\0" in name:
        raise SettingsError("VALETKEY_DATABASE must name a file after sqlite:/// and takes no options.")
    path = Path(name).absolute()
    if not path.parent.is_dir():
        raise SettingsError("The directory of the file that VALETKEY_DATABASE names does not exist.")
    if path.is_dir():
        raise SettingsError("VALETKEY_DATABASE names a directory, not a file.")
    store = SQLiteStore(path, blocking=blocking, idle_days=idle_days)
    with suppress(StoreError):
        store.prepare()
    return store
