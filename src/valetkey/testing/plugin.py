"""The pytest plugin.

pytest loads it into every run where valetkey is installed. So it imports nothing and does nothing before a fixture or
an option is used.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .sandboxes import Sandbox

_RUNNING = pytest.StashKey["Sandbox"]()


@contextmanager
def _running(config: pytest.Config) -> Iterator[Sandbox]:
    from .sandboxes import is_shared, shared_sandbox

    with shared_sandbox() as sandbox:
        if is_shared():
            sandbox.reset()
        config.stash[_RUNNING] = sandbox
        try:
            yield sandbox
        finally:
            del config.stash[_RUNNING]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "valetkey_environment",
        "true: start the sandbox before anything of the app is imported, and point the environment at it",
        type="bool",
        default=False,
    )
    parser.addini(
        "valetkey_providers",
        "the providers of the app in valetkey_environment, such as google spotify; by default X",
        type="args",
        default=[],
    )


@pytest.hookimpl(hookwrapper=True)  # ``wrapper`` would make every run fail with an older pluggy
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, None]:
    """Start the sandbox before a conftest or another plugin imports the app, for an app that is built when imported."""
    if early_config.getini("valetkey_environment"):
        stack = ExitStack()
        early_config.add_cleanup(stack.close)
        sandbox = stack.enter_context(_running(early_config))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in _environment(early_config, sandbox).items():
            patch.setenv(name, value)
    yield


def _environment(config: pytest.Config, sandbox: Sandbox) -> dict[str, str]:
    """The variables that point an app at the sandbox."""
    providers = [name for listed in config.getini("valetkey_providers") for name in listed.split(",") if name]
    return sandbox.environment_for(*providers) if providers else sandbox.environment


@pytest.fixture(scope="session")
def valetkey_sandbox(pytestconfig: pytest.Config) -> Iterator[Sandbox]:
    """An offline X for the whole run, in a thread of its own. With pytest-xdist each worker has one.

    After every test that uses it, its faults, switches and journal are reset.
    """
    if _RUNNING in pytestconfig.stash:
        yield pytestconfig.stash[_RUNNING]
        return
    with _running(pytestconfig) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def valetkey_environment(pytestconfig: pytest.Config, valetkey_sandbox: Sandbox) -> Iterator[dict[str, str]]:
    """Environment variables that point an app at ``valetkey_sandbox``, set until the run ends."""
    variables = _environment(pytestconfig, valetkey_sandbox)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield variables


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget what tests without the fixture have done, if their app uses the same sandbox."""
    if "valetkey_sandbox" in getattr(item, "fixturenames", ()) and _RUNNING in item.config.stash:
        from .sandboxes import is_shared

        if is_shared():
            item.config.stash[_RUNNING].reset()


@pytest.hookimpl(tryfirst=True)  # the teardown of the last test stops the sandbox
def pytest_runtest_teardown(item: pytest.Item) -> None:
    if "valetkey_sandbox" in getattr(item, "fixturenames", ()) and _RUNNING in item.config.stash:
        item.config.stash[_RUNNING].reset()
