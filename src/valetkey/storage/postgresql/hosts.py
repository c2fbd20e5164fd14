"""Connects to one of the hosts that the URL lists: the members of a cluster, one of which takes writes.

How this works:

- A host that refuses, or is not what ``target_session_attrs`` asks for, says so at once. The next host is tried.
- A host that is dead may say nothing: its machine is gone, or hangs. The driver would wait for it for two seconds, and
  a verb has one. So each host is waited for during half of the time that is left, and the last one during all of it.
- The host that answered last is tried first, and one that said nothing is tried last. So a dead host delays one
  connection, and not each.

Why the driver does not do this: its timeout is per host, in whole seconds, and it starts from the first host each time.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ...crypto import Secret
from .connections import TROUBLE, Connection, Executor

_LISTS = ("host", "hostaddr", "port")


class Hosts:
    """The hosts of a database.

    Args:
        executor: opens connections.
        conninfo: for the driver, as ``starting.checked_conninfo`` returns it.
    """

    def __init__(self, executor: Executor, conninfo: Secret) -> None:
        self._executor = executor
        parameters = conninfo_to_dict(conninfo.reveal())
        self._balanced = parameters.get("load_balance_hosts") == "random"
        self._each = [Secret(make_conninfo("", **{**parameters, **one})) for one in split(parameters)]

    async def connect(self, deadline: float) -> Connection:
        """Open a connection to the first host that accepts it.

        Args:
            deadline: a time of ``time.monotonic()``.

        Raises:
            TimeoutError, psycopg.Error, OSError: what the last host said, or that it said nothing.
        """
        hosts = list(self._each)
        if self._balanced:
            random.shuffle(hosts)
        while True:
            host = hosts.pop(0)
            now = time.monotonic()
            try:
                connection = await self._executor.connect(host.reveal(), now + (deadline - now) / (2 if hosts else 1))
            except TROUBLE as error:
                if isinstance(error, TimeoutError):
                    self._move(host, to_the_end=True)
                if not hosts:
                    raise
            else:
                self._move(host)
                connection.begin(deadline)
                return connection

    def _move(self, host: Secret, *, to_the_end: bool = False) -> None:
        """A new list, because other threads read the one that is there."""
        if len(self._each) > 1:
            others = [one for one in self._each if one is not host]
            self._each = [*others, host] if to_the_end else [host, *others]


def split(parameters: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the lists of a connection string say of each host.

    Raises:
        ValueError: they are not of the same length.
    """
    lists = {name: str(parameters[name]).split(",") for name in _LISTS if parameters.get(name)}
    count = len(lists.get("hostaddr") or lists.get("host") or [""])
    if len(lists.get("port", [])) == 1:
        lists["port"] *= count
    if any(len(values) != count for values in lists.values()):
        raise ValueError("lists of different lengths")
    return [{name: values[number] for name, values in lists.items()} for number in range(count)]
