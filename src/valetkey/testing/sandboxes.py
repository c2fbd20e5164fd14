"""A sandbox for tests, in a thread of this process: the variables that point an app at it, and faults on demand."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..settings import Settings, tests_sandboxes
from ..settings.variables import SECRETS
from .control import Control

if TYPE_CHECKING:
    from .sandbox import SandboxSettings

CALLBACK = "http://127.0.0.1:8000/auth/twitter"
ENDPOINTS = ("request_token", "access_token", "verify_credentials", "users_me", "any")

# Those that run here: for a sentence about an app that never asked any of them.
running: list[Control] = []


class Sandbox:
    """An offline X. It takes any callback URL, and asks at every sign-in who it shall be."""

    def __init__(self, live: SandboxSettings, environment: dict[str, str]) -> None:
        self._live = live
        self._environment = environment
        self._control = Control(live.origin)

    def __repr__(self) -> str:
        return f"<Sandbox at {self.origin}>"

    @property
    def origin(self) -> str:
        """Its address."""
        return self._live.origin

    @property
    def environment(self) -> dict[str, str]:
        """The variables that an app reads: pointed here, with a secret and a database of their own. A copy, so
        ``environment | {"TWITTER_CALLBACK_URL": …}`` is an app with another address."""
        return dict(self._environment)

    @property
    def settings(self) -> Settings:
        """The same, judged: ``SignIn(sandbox.settings)``."""
        return Settings.from_environment(self._environment)

    def fault(self, endpoint: str, kind: str, *, times: int = 1, **details: object) -> None:
        """The next ``times`` calls of an endpoint go wrong.

        Args:
            endpoint: ``request_token``, ``access_token``, ``verify_credentials``, ``users_me``, or ``any``.
            kind: ``status`` (with ``status=503``), ``drop``, ``delay`` (``seconds=``), ``commit_then_drop``, ….

        Raises:
            ValueError: there is no such endpoint or kind; says which there are.
        """
        if endpoint not in ENDPOINTS:
            raise ValueError(f"The sandbox has no endpoint {endpoint!r}; there are {', '.join(ENDPOINTS)}.")
        self._control("POST", "faults", {"endpoint": endpoint, "kind": kind, "times": times, **details})

    def set(self, **switches: object) -> None:
        """Turn its switches, such as ``coop="same-origin"`` or ``clock_offset_seconds=600``.

        Raises:
            ValueError: there is no such switch.
        """
        self._control("PATCH", "settings", switches)

    @property
    def personas(self) -> list[str]:
        """The handles of who can sign in by name."""
        return self._control.handles()

    @property
    def journal(self) -> list[dict[str, Any]]:
        """Everything that it was asked, in order: ``endpoint``, ``status``, ``accepted``, and ``reason`` if not."""
        return self._control.journal()

    def calls(self, endpoint: str) -> list[dict[str, Any]]:
        """The journal's entries of one endpoint."""
        return [entry for entry in self.journal if entry["endpoint"] == endpoint]

    def reset(self) -> None:
        """As it was at its start: no faults, no journal, no switch turned. What the app has stored stays."""
        self._control("POST", "reset")


@contextmanager
def running_sandbox() -> Iterator[Sandbox]:
    """Run one in a thread beside. In pytest the fixture ``valetkey_sandbox`` does this.

    Raises:
        ImportError: what it is made of is not installed.
    """
    try:
        from .sandbox import SandboxSettings, environment
        from .sandbox import running as served
    except ImportError as missing:
        raise ImportError(
            f"valetkey's sandbox needs its testing extra: pip install 'valetkey[testing]' ({missing.name} is missing)"
        ) from missing
    # Any callback: the one to compare it with would be read from the same settings. It always asks, for a browser that
    # is sent back by itself is sent back as who it was. And it keeps no connection: a test client may end its event
    # loop after each request, and what is still open there is complained of much later.
    asked = SandboxSettings(match="any", silent_when_approved=False, keep_alive=False)
    with TemporaryDirectory(prefix="valetkey-", ignore_cleanup_errors=True) as kept, served(asked) as live:
        variables = {
            **environment(live, CALLBACK),
            "VALETKEY_SECRET": secrets.token_urlsafe(32),
            "VALETKEY_DATABASE": f"sqlite:///{kept}/app.db",
            "VALETKEY_START_LIMIT": "off",  # tests sign in much faster than people do
            # What the developer's own environment may say of another app. An empty variable is as good as none.
            **dict.fromkeys(("VALETKEY_URL", "VALETKEY_PROVIDERS", *(f"{name}_FILE" for name in SECRETS)), ""),
        }
        here = Control(live.origin)
        running.append(here)
        tests_sandboxes.add(live.origin)
        try:
            yield Sandbox(live, variables)
        finally:
            running.remove(here)
            tests_sandboxes.discard(live.origin)
