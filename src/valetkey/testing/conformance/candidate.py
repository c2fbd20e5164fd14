"""The record that is judged: an app of its own, the sandbox in the provider's place, and the users who sign in."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ...crypto import Secret
from ...protocols.oauth1 import OAuth1
from ...protocols.openid import OpenIDConnect
from ...providers.record.provider import Provider
from ...settings import Settings
from ..control import Callback, Control
from .users import HOSTILE_TEXT, another_key, handle_of, personas
from .visiting import App, Browser, Outcome
from .watching import Path, Replies, Watch

_MISSPELT = "sandbox-this-is-the-secret-of-another-app"  # long enough to be a key of HS256 (RFC 7518 §3.2)


class Refused(Exception):
    """The sandbox would not send the user back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A login that was played to its end.

    Args:
        outcome: how it ended.
        replies: what the record's functions were called with.
        missed: the members that they asked for in vain.
        journal: what the sandbox was asked.
    """

    outcome: Outcome
    replies: Replies
    missed: tuple[Path, ...]
    journal: tuple[Mapping[str, Any], ...]

    @property
    def reasons(self) -> list[str]:
        """Why the sandbox refused, if it did."""
        return [f"{one['endpoint']}: {one['reason']}" for one in self.journal if one.get("reason")]

    def said(self) -> str:
        """Return a sentence about how the login ended."""
        if self.outcome.landed:
            return f"It signed in {self.outcome.identity.subject if self.outcome.identity else ''}."
        # The sandbox knows the cause. The hint is for an app at the real provider, and lists what may be the cause.
        why = f"The sandbox said of {self.reasons[-1]}." if self.reasons else self.outcome.hint
        return f"It ended as {self.outcome.error}. {why}".rstrip()


class Candidate:
    """A record under test.

    Args:
        played: the provider's name in the sandbox.
        settings: of an app with this provider alone.
        control: of the sandbox.
        elsewhere: of the same app at another server of this provider, if an app names its server.
        may_lack_email: the app asks for an e-mail address by an option of its own.
        label: the name in the output. None: ``played``.
        written: the record with the addresses that it has for real, if they can be compared.
    """

    def __init__(
        self,
        played: str,
        settings: Settings,
        control: Control,
        *,
        elsewhere: Settings | None = None,
        may_lack_email: bool = False,
        label: str | None = None,
        written: Provider | None = None,
    ) -> None:
        (self.record,) = settings.providers
        self.written = written
        self.label = label or played
        self.elsewhere = elsewhere
        self.may_lack_email = may_lack_email
        self.played = played
        self.control = control
        self.watch = Watch()
        self.settings = settings
        self.app = App(replace(settings, providers=(self.watch.on(self.record),)))
        self._journaled = 0
        self.reset()

    def close(self) -> None:
        """End its app."""
        self.app.close()

    def reset(self) -> None:
        """Bring the sandbox back to its start, with the users of these checks."""
        self.control("POST", "reset")
        long_name = self.hostile_text + "w" * (3_000 if self.is_openid else 10_000)  # an ID token has a limit
        self.control("PUT", "personas", personas(long_name))
        self._journaled = 0

    @cached_property
    def first(self) -> Seen:
        """The first login of the first user."""
        try:
            return self.signs_in()
        except Refused as fault:
            return self.seen(Outcome(error="no_callback", hint=str(fault)))

    @property
    def hostile_text(self) -> str:
        """A text that a user may give for a name. OAuth 1.0a's exchange has a form, which has no control characters."""
        return "".join(one for one in HOSTILE_TEXT if not self.is_oauth1 or unicodedata.category(one) != "Cc")

    @property
    def is_openid(self) -> bool:
        """Whether an ID token says who the user is."""
        return isinstance(self.record.protocol, OpenIDConnect)

    @property
    def is_oauth1(self) -> bool:
        """Whether it speaks OAuth 1.0a."""
        return isinstance(self.record.protocol, OAuth1)

    @cached_property
    def front(self) -> Mapping[str, Any]:
        """What the sandbox says of the provider: its switches, and the scope for an address. Empty for X's old API."""
        found: dict[str, Any] = self.control("GET", f"providers?provider={self.played}")["providers"]
        facts: Mapping[str, Any] = found.get(self.played, {})
        return facts

    @property
    def binds_code(self) -> bool:
        """Whether anything but ``state`` and the login's cookie ties a code to its login."""
        checks_pkce = getattr(self.record.protocol, "pkce", True) and self.front.get("pkce") != "ignored"
        return self.is_oauth1 or self.checks_nonce or checks_pkce

    @property
    def checks_nonce(self) -> bool:
        """Whether the provider returns a nonce in its ID tokens."""
        protocol = self.record.protocol
        return isinstance(protocol, OpenIDConnect) and protocol.returns_nonce

    @property
    def knows_issuer(self) -> bool:
        """Whether the record knows what the provider sends as ``iss``."""
        protocol: Any = self.record.protocol
        is_one = getattr(protocol, "expected_issuer", None) is None  # else it depends on who signs in
        return getattr(protocol, "issuer", None) is not None and is_one

    def signs_in(self, role: str = "first", *, app: App | None = None) -> Seen:
        """Play a whole login, in a browser of its own."""
        self.watch.clear()
        browser = (app or self.app).browser()
        outcome = browser.start(self.record.name)
        for _ in range(3):  # a login whose exchange was lost starts again
            if outcome.url is None:
                break
            outcome = browser.come_back(self.approved(outcome.url, role))
        return self.seen(outcome)

    def started(self, browser: Browser) -> str:
        """Start a login, and return where the user is sent.

        Raises:
            Refused: it did not start.
        """
        outcome = browser.start(self.record.name)
        if outcome.url is None:
            raise Refused(f"The login did not start: {outcome.error}. {outcome.hint}")
        return outcome.url

    def approved(self, url: str, role: str = "first", **more: object) -> Callback:
        """Let a user approve, or ``cancel``.

        Raises:
            Refused: the provider shows an error page.
        """
        try:
            return self.control.approve(url, {"persona": handle_of(role), **more})
        except ValueError as fault:
            raise Refused(f"The provider would show an error page: {str(fault).rstrip('.')}.") from None

    def seen(self, outcome: Outcome) -> Seen:
        """Return a login with what was seen of it."""
        journal = self.control.journal()
        new = tuple(one for one in journal[self._journaled :] if one.get("provider") == self.played)
        self._journaled = len(journal)
        return Seen(
            outcome=outcome,
            replies=Replies(self.record, dict(self.watch.replies)),
            missed=tuple(dict.fromkeys(self.watch.missed)),
            journal=new,
        )

    def asked(self) -> tuple[Mapping[str, Any], ...]:
        """Return what the sandbox was asked since it was last looked at."""
        return self.seen(Outcome()).journal

    @contextmanager
    def altering(self, **alteration: list[Any]) -> Iterator[None]:
        """Have the provider's replies changed: ``set``, ``remove``, ``rename`` (see the sandbox's ``alterations``)."""
        self.control("PATCH", "providers", {"provider": self.played, "alter_profile": alteration})
        try:
            yield
        finally:
            self.control("PATCH", "providers", {"provider": self.played, "alter_profile": {}})

    @contextmanager
    def failing(self, endpoint: str, **fault: object) -> Iterator[None]:
        """Have each call of an endpoint fail."""
        self.control("POST", "faults", {"endpoint": endpoint, "provider": self.played, "times": 99, **fault})
        try:
            yield
        finally:
            self.control("DELETE", "faults")

    @contextmanager
    def lenient(self, **switches: object) -> Iterator[None]:
        """Have the sandbox accept what is wrong."""
        self.control("PATCH", "settings", {"lenient": True})
        if switches and not self.is_oauth1:
            self.control("PATCH", "providers", {"provider": self.played, **switches})
        try:
            yield
        finally:
            self.reset()

    @contextmanager
    def with_wrong_keys(self) -> Iterator[App]:
        """Have an app whose secret is another one."""
        protocol: Any = self.record.protocol
        keys = protocol.credentials
        wrong: dict[str, object] = {"secret": Secret(_MISSPELT)}
        if getattr(keys, "signed_secret", None) is not None:
            wrong = {"signed_secret": lambda now: Secret(_MISSPELT)}
        elif getattr(keys, "private_key", None) is not None:
            wrong = {"private_key": another_key()}
        record = replace(self.record, protocol=replace(protocol, credentials=replace(keys, **wrong)))
        app = App(replace(self.settings, providers=(record,)))
        try:
            yield app
        finally:
            app.close()

    @property
    def has_secret(self) -> bool:
        """Whether the app has a secret at the provider."""
        keys: Any = self.record.protocol.credentials
        return any(getattr(keys, name, None) is not None for name in ("secret", "signed_secret", "private_key"))
