"""The sandbox for tests, in a thread of this process."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ..settings import Settings, tests_sandboxes
from ..settings.variables import shipped_secrets
from .control import Control

if TYPE_CHECKING:
    from .sandbox import SandboxSettings
    from .sandbox.played import FrontClass

APP = "http://127.0.0.1:8000"
CALLBACK = f"{APP}/auth/twitter"
ENDPOINTS = (
    *("request_token", "access_token", "verify_credentials", "users_me"),
    *("token", "profile", "emails", "userinfo", "keys", "discovery"),
    "any",
)

# The sandboxes of this process. If an app has sent a request to none of them, the error of a failed sign-in says so.
running: list[Control] = []
_shared: list[tuple[int, Sandbox]] = []  # with the process that runs it
_sharers: list[int] = []  # a process for each that has asked for the shared one


class Sandbox:
    """Offline providers. It accepts any callback URL, and shows its consent page at every sign-in."""

    def __init__(self, live: SandboxSettings, environment: dict[str, str]) -> None:
        self._live = live
        self._environment = environment
        self._control = Control(live.origin)

    def __repr__(self) -> str:
        return f"<Sandbox at {self.origin}>"

    @property
    def origin(self) -> str:
        """Scheme, host and port of the sandbox."""
        return self._live.origin

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of an app that uses this sandbox, with a secret and a database of their own.

        It is a copy: ``environment | {"TWITTER_CALLBACK_URL": …}`` is for an app at another address.
        """
        return dict(self._environment)

    @property
    def settings(self) -> Settings:
        """The settings of an app that uses this sandbox: ``SignIn(sandbox.settings)``."""
        return Settings.from_environment(self._environment)

    def environment_for(self, *providers: str) -> dict[str, str]:
        """Return the environment variables of an app with these providers.

        Args:
            providers: in the order of the buttons: ``twitter``, or ``x2`` for X over OAuth 2.0; ``google``,
                ``github``, ``apple``, ``microsoft``, ``facebook``, ``discord``, ``gitlab``; ``acme``, a plain OpenID
                provider.

        Raises:
            ValueError: the sandbox has no such provider.
        """
        from .sandbox import environment_of

        found = {one: environment_of(self._live, one) for one in providers}
        names = {"x2": "twitter"}
        return {
            **self._environment,
            # An app that is not given X must not find it in the developer's environment either.
            **dict.fromkeys((*environment_of(self._live, "twitter"), "TWITTER_CALLBACK_URL"), ""),
            "VALETKEY_URL": APP,
            "VALETKEY_PROVIDERS": ",".join(names.get(one, one) for one in providers),
            **{name: value for variables in found.values() for name, value in variables.items()},
        }

    def settings_for(self, *providers: str) -> Settings:
        """Return the settings of an app with these providers: ``SignIn(sandbox.settings_for("google", "github"))``.

        Args:
            providers: as for ``environment_for``.

        Raises:
            ValueError: the sandbox has no such provider.
        """
        return Settings.from_environment(self.environment_for(*providers))

    def fault(
        self, endpoint: str, kind: str, *, times: int = 1, provider: str | None = None, **details: object
    ) -> None:
        """Make the next calls of an endpoint fail.

        Args:
            endpoint: of X ``request_token``, ``access_token``, ``verify_credentials``, ``users_me``; of the others
                ``token``, ``profile``, ``emails``, ``userinfo``, ``keys``, ``discovery``; or ``any``.
            kind: ``status`` (with ``status=503``), ``drop``, ``delay`` (``seconds=``), ``commit_then_drop``, ….
            times: how many calls.
            provider: of this provider only.
            details: more about the kind.

        Raises:
            ValueError: there is no such endpoint or kind. The text lists those that there are.
        """
        if endpoint not in ENDPOINTS:
            raise ValueError(f"The sandbox has no endpoint {endpoint!r}; there are {', '.join(ENDPOINTS)}.")
        named = {} if provider is None else {"provider": provider}
        self._control("POST", "faults", {"endpoint": endpoint, "kind": kind, "times": times, **named, **details})

    def set(self, *, provider: str | None = None, **switches: object) -> None:
        """Change settings of the sandbox, such as ``coop="same-origin"`` or ``clock_offset_seconds=600``.

        Args:
            provider: change switches of this provider instead, such as ``sends_iss=False`` or ``pkce="ignored"``.
            switches: what is changed. See ``SandboxSettings``, and ``Switches`` for those of a provider.

        Raises:
            ValueError: there is no such provider or setting.
        """
        if provider is None:
            self._control("PATCH", "settings", switches)
        else:
            self._control("PATCH", "providers", {"provider": provider, **switches})

    def rotate_keys(self, provider: str | None = None, *, old: str = "kept", new: str = "published") -> None:
        """Let providers sign their ID tokens with new keys from now on.

        Args:
            provider: one alone. None: each that has keys.
            old: ``kept`` or ``removed``: whether the old keys are still published.
            new: ``published`` or ``hidden``.

        Raises:
            ValueError: there is no such provider, or it has no keys.
        """
        named = {} if provider is None else {"provider": provider}
        self._control("POST", "rotate", {**named, "old": old, "new": new})

    @property
    def personas(self) -> list[str]:
        """The handles of the users that can sign in with each provider. Some providers have further ones."""
        return self._control.handles()

    @property
    def journal(self) -> list[dict[str, Any]]:
        """Every request that the sandbox got: ``provider``, ``endpoint``, ``status``, ``accepted``, else ``reason``."""
        return self._control.journal()

    def calls(self, endpoint: str, *, provider: str | None = None) -> list[dict[str, Any]]:
        """Return the entries of the journal for one endpoint, of each provider or of one."""
        found = [entry for entry in self.journal if entry["endpoint"] == endpoint]
        return [entry for entry in found if provider in (None, entry["provider"])]

    def reset(self) -> None:
        """Reset faults, journal and settings to the start. What the app has stored stays."""
        self._control("POST", "reset")


@contextmanager
def running_sandbox(*more: FrontClass) -> Iterator[Sandbox]:
    """Run a sandbox in a thread of its own. In pytest the fixture ``valetkey_sandbox`` does this.

    Args:
        more: classes of further fronts.
    """
    from .sandbox import SandboxSettings, environment
    from .sandbox import running as served

    # Any callback URL, because the registered one would come from the same settings. The consent page at every
    # sign-in, because a browser that is sent back without it cannot choose another persona. And no keep-alive: a test
    # client may end its event loop after each request, and Python warns much later about what is still open there.
    asked = SandboxSettings(match="any", silent_when_approved=False, keep_alive=False)
    with TemporaryDirectory(prefix="valetkey-", ignore_cleanup_errors=True) as kept, served(asked, more=more) as live:
        variables = {
            **environment(live, CALLBACK),
            "VALETKEY_SECRET": secrets.token_urlsafe(32),
            "VALETKEY_DATABASE": f"sqlite:///{kept}/app.db",
            "VALETKEY_START_LIMIT": "off",  # tests sign in much faster than users do
            # The developer's environment may have these for another app. An empty variable counts as unset.
            **dict.fromkeys(("VALETKEY_URL", "VALETKEY_PROVIDERS", "VALETKEY_SANDBOX"), ""),
            **dict.fromkeys((f"{name}_FILE" for name in shipped_secrets()), ""),
        }
        here, sandbox = Control(live.origin), Sandbox(live, variables)
        entry = (os.getpid(), sandbox)
        running.append(here)
        _shared.append(entry)
        tests_sandboxes.add(live.origin)
        try:
            yield sandbox
        finally:
            _shared.remove(entry)
            running.remove(here)
            tests_sandboxes.discard(live.origin)


@contextmanager
def shared_sandbox() -> Iterator[Sandbox]:
    """Use the sandbox that runs in this process, or run one, as ``running_sandbox`` does. So the fixture of pytest and
    an app that starts the sandbox by itself have the same one."""
    _sharers.append(os.getpid())
    found = next((sandbox for process, sandbox in _shared if process == os.getpid()), None)
    if found is not None:
        yield found
        return
    with running_sandbox() as sandbox:
        yield sandbox


def is_shared() -> bool:
    """Whether an app of this process has started the sandbox by itself, and the fixture of pytest has it as well."""
    return _sharers.count(os.getpid()) > 1
