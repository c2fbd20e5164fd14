"""The state of the sandbox: tokens, nonces, journal and faults. It is in memory, and its size is limited."""

from __future__ import annotations

import random
import secrets
import string
import struct
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .personas import PERSONAS, Persona
from .settings import SandboxSettings

APP_ID = 7002
MAX_ENTRIES = 10_000
_BASE62 = string.ascii_letters + string.digits

Value = TypeVar("Value")


@dataclass(slots=True)
class RequestToken:
    """Temporary credentials, and what has become of them."""

    token: str
    secret: str
    callback: str
    made_at: float
    persona: Persona | None = None
    verifier: str | None = None
    denied: bool = False
    exchanged: bool = False
    form_key: str = field(default_factory=lambda: secrets.token_urlsafe(16))


@dataclass(slots=True)
class AccessToken:
    """Token credentials, and whose they are."""

    token: str
    secret: str
    persona: Persona


class State:
    """All that the sandbox remembers."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.initial = {name: getattr(settings, name) for name in settings.__slots__}
        self.reset()

    def reset(self) -> None:
        """Forget everything, including browsers that approved, and restore the settings of the start."""
        for name, value in self.initial.items():
            setattr(self.settings, name, value)
        self.request_tokens: OrderedDict[str, RequestToken] = OrderedDict()
        self.access_tokens: OrderedDict[str, AccessToken] = OrderedDict()
        self.nonces: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self.approved: OrderedDict[str, Persona] = OrderedDict()
        self.personas: list[Persona] = list(PERSONAS)
        self.faults: list[dict[str, Any]] = []
        self.journal: deque[dict[str, Any]] = deque(maxlen=MAX_ENTRIES)
        self.issued: deque[str] = deque(maxlen=4 * MAX_ENTRIES)
        self.counted = 0

    def now(self) -> float:
        """Return the sandbox's time, in seconds since 1970."""
        return time.time() + self.settings.clock_offset_seconds

    def persona(self, handle: str) -> Persona | None:
        """Find a persona by its handle."""
        return next((one for one in self.personas if one.handle == handle), None)

    # Tokens, shaped like X's

    def issue_request_token(self, callback: str) -> RequestToken:
        """Issue a request token of 27 characters: 4 random octets, the app's id, the time in milliseconds."""
        raw = secrets.token_bytes(4) + struct.pack(">QQ", APP_ID, int(self.now() * 1000))
        token = RequestToken(urlsafe_b64encode(raw).rstrip(b"=").decode(), base62(32), callback, self.now())
        self.issued.append(token.secret)
        _keep(self.request_tokens, token.token, token)
        return token

    def approve(self, token: RequestToken, persona: Persona) -> str:
        """Approve a request token, and return its verifier."""
        token.persona = persona
        token.verifier = f"{secrets.randbelow(10**7):07}" if token.callback == "oob" else base62(32)
        self.issued.append(token.verifier)
        return token.verifier

    def issue_access_token(self, persona: Persona) -> AccessToken:
        """Issue an access token: ``<user id>-<base62>``, 50 characters in all."""
        head = f"{persona.user_id}-"
        access = AccessToken(head + base62(max(50 - len(head), 20)), base62(45), persona)
        self.issued.extend((access.token, access.secret))
        _keep(self.access_tokens, access.token, access)
        return access

    def fresh_nonce(self, token: str, timestamp: str, nonce: str) -> bool:
        """Return whether a nonce is new. It is called only after the signature was verified."""
        key = (token, timestamp, nonce)
        if key in self.nonces:
            return False
        _keep(self.nonces, key, None)
        return True

    # Journal and faults

    def record(self, **entry: Any) -> dict[str, Any]:
        """Add an entry to the journal, and return it, so that more can be added."""
        self.counted += 1
        recorded = {"n": self.counted, "at": time.time(), **entry}
        self.journal.append(recorded)
        return recorded

    def next_fault(self, endpoint: str) -> dict[str, Any] | None:
        """Return the first fault that applies to this call of an endpoint, and count it down.

        A fault with ``chance`` (0 to 1) applies to that share of the calls; one with ``every`` to each nth call.
        """
        for fault in list(self.faults):
            if fault["endpoint"] not in (endpoint, "any"):
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


def _keep(where: OrderedDict[Any, Value], key: Any, value: Value) -> None:
    where[key] = value
    if len(where) > MAX_ENTRIES:
        where.popitem(last=False)
