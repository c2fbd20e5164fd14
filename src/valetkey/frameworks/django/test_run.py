"""A test run of the project: its users sign in at the sandbox, and into a database that is thrown away.

How this works:

- ``manage.py test`` and pytest-django both call Django's ``setup_test_environment``. From then on, until
  ``teardown_test_environment``, ``conf.sign_in`` builds the sign-in from other variables (``stand_ins.py``). Nothing of
  it depends on the project: not its keys, its secret and its database.
- A test that points the app at a sandbox by itself, as the fixture ``valetkey_environment`` does, is left alone.
- Each process has its own database. The workers of ``manage.py test --parallel`` are forked after the system checks, so
  the process that forks them has no thread of the sandbox's: it starts at the first request to our routes. Until then
  the providers are at an address where nothing answers.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Hashable, Mapping
from contextlib import AbstractContextManager
from multiprocessing.util import Finalize
from threading import Lock
from typing import Any

from django.utils.module_loading import import_string

from ...settings import tests_sandboxes
from . import stand_ins

HOST = "testserver"
"""The host that Django's test runner allows."""
_NOWHERE = "http://localhost:1"
_SECRET = secrets.token_urlsafe(32)
_lock = Lock()
_sandboxes: dict[int, str] = {}  # process -> the origin of its sandbox
_kept: list[object] = []  # what must not be collected in a forked process, which would end it for both
_directory = ""


def is_on() -> bool:
    """Whether this is a test run. Django has no public name for it; the attribute is there from set-up to end."""
    utils = sys.modules.get("django.test.utils")
    return utils is not None and hasattr(utils._TestState, "saved_data")


def key() -> Hashable:
    """What the sign-in of this moment depends on. None outside of a test run."""
    return (os.getpid(), _sandboxes.get(os.getpid())) if is_on() else None


def is_of_this_process(key: Hashable) -> bool:
    """Whether this process has built the sign-in of a key, and not the one that has forked it."""
    return not isinstance(key, tuple) or key[0] == os.getpid()


def stands_in_for(variables: Mapping[str, str]) -> bool:
    """Whether this is a test run, and the variables do not point at a sandbox of it already."""
    return is_on() and not any(
        value == one or value.startswith(f"{one}/") for value in variables.values() for one in tests_sandboxes
    )


def in_place_of(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables of this test run, in place of the project's."""
    origin = _sandboxes.get(os.getpid(), _NOWHERE)
    tests_sandboxes.add(origin)
    database = f"sqlite:///{_new_directory()}/{os.getpid()}.db"
    return stand_ins.at_sandbox(variables, origin, secret=_SECRET, database=database)


def start_sandbox() -> None:
    """Start the sandbox of this process, if this is a test run. Do nothing if it runs."""
    process = os.getpid()
    if process in _sandboxes or not is_on():
        return
    with _lock:
        if process not in _sandboxes:
            _sandboxes[process] = _started()


def _started() -> str:
    # By name: the test kit is above the frameworks, and only a test run needs it.
    shared = import_string("valetkey.testing.sandboxes.shared_sandbox")
    context: AbstractContextManager[Any] = shared()
    sandbox = context.__enter__()
    _kept.append(context)
    Finalize(None, context.__exit__, (None, None, None), exitpriority=20)
    return str(sandbox.origin)


def _new_directory() -> str:
    """A directory of this test run, which the process that made it removes at its end."""
    global _directory
    with _lock:
        if not _directory:
            _directory = tempfile.mkdtemp(prefix="valetkey-tests-")
            Finalize(None, shutil.rmtree, (_directory, True), exitpriority=10)
        return _directory
