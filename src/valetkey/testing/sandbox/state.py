"""What all fronts of the sandbox share: settings, personas, faults and journal. It is in memory, of limited size."""

from __future__ import annotations

import asyncio
import random
import secrets
import string
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, TypeVar

from .alterations import check_alteration
from .personas import PERSONAS, Persona, made_up
from .settings import SandboxSettings

MAX_ENTRIES = 10_000
MAX_BROWSERS = 1000
_BASE62 = string.ascii_letters + string.digits

Value = TypeVar("Value")


class State:
    """All that the sandbox remembers, except for what belongs to one front."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.initial = {name: deepcopy(getattr(settings, name)) for name in settings.__slots__}
        self.on_reset: list[Callable[[], None]] = []
        self.faults: list[dict[str, Any]] = []
        self.faults_are_over = asyncio.Event()  # those that are set now
        self.reset()

    def reset(self) -> None:
        """Forget everything, including browsers that approved, and restore the settings of the start."""
        for name, value in self.initial.items():
            setattr(self.settings, name, deepcopy(value))
        self.approved: OrderedDict[tuple[str, str], Persona] = OrderedDict()
        self.personas: list[Persona] = list(PERSONAS)
        self.clear_faults()
        self.journal: deque[dict[str, Any]] = deque(maxlen=MAX_ENTRIES)
        self.alterations: dict[str, dict[str, Any]] = {}
        self.issued: deque[str] = deque(maxlen=4 * MAX_ENTRIES)
        self.counted = 0
        for reset in self.on_reset:
            reset()

    def now(self) -> float:
        """Return the sandbox's time, in seconds since 1970."""
        return time.time() + self.settings.clock_offset_seconds

    # Users

    def personas_at(self, provider: str) -> list[Persona]:
        """Return the users that a provider has, in the order of its page."""
        return [one for one in self.personas if one.is_at(provider)]

    def persona(self, provider: str, handle: str) -> Persona | None:
        """Find a provider's user by the handle."""
        return next((one for one in self.personas_at(provider) if one.handle == handle), None)

    def chosen(self, provider: str, user: Mapping[str, Any]) -> Persona:
        """Return the user that a test has chosen.

        Args:
            provider: the provider's name in the sandbox.
            user: ``persona``, or ``user_id`` and more about a user that the test has made up.

        Raises:
            ValueError: there is no such persona.
        """
        found = made_up(user) if "user_id" in user else self.persona(provider, user.get("persona", ""))
        if found is None:
            raise ValueError("no such persona")
        return found

    def remember(self, provider: str, browser: str, persona: Persona) -> None:
        """Remember that a browser has approved."""
        keep(self.approved, (provider, browser), persona, MAX_BROWSERS)

    def alter(self, provider: str, alteration: dict[str, Any]) -> None:
        """Change what a provider says about its users from now on. Empty: nothing.

        Raises:
            ValueError: there is no such alteration.
        """
        check_alteration(alteration)
        self.alterations[provider] = alteration

    # Journal and faults

    def record(self, **entry: Any) -> dict[str, Any]:
        """Add an entry to the journal, and return it, so that more can be added."""
        self.counted += 1
        recorded = {"n": self.counted, "at": time.time(), **entry}
        self.journal.append(recorded)
        return recorded

    def clear_faults(self) -> None:
        """Remove all faults. Answers that one of them delays are sent now."""
        self.faults.clear()
        self.faults_are_over.set()
        self.faults_are_over = asyncio.Event()

    def next_fault(self, provider: str, endpoint: str) -> dict[str, Any] | None:
        """Return the first fault that applies to this call of an endpoint, and count it down.

        A fault that names no ``provider`` applies to each. A fault with ``chance`` (0 to 1) applies to that share of
        the calls; one with ``every`` to each nth call.
        """
        for fault in list(self.faults):
            if fault["endpoint"] not in (endpoint, "any") or fault.get("provider", provider) != provider:
                continue
            fault["seen"] = fault.get("seen", 0) + 1
            if fault["seen"] % int(fault.get("every", 1)) == 0 and random.random() < float(fault.get("chance", 1)):
                fault["times"] -= 1
                if fault["times"] <= 0:
                    self.faults.remove(fault)
                return fault
        return None


def base62(length: int) -> str:
    """Return random letters and digits."""
    return "".join(secrets.choice(_BASE62) for _ in range(length))


def keep(where: OrderedDict[Any, Value], key: Any, value: Value, limit: int = MAX_ENTRIES) -> None:
    """Add an entry, and remove the oldest one where there are too many."""
    where[key] = value
    if len(where) > limit:
        where.popitem(last=False)
