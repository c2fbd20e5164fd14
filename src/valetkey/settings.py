"""What the environment says, judged before anything runs.

Everything that chooses an address comes from here and from nowhere else. What is missing or wrong is said at start, all
of it at once, with the variable's name and never its value.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from .errors import SettingsError
from .model import Secret
from .providers import twitter

log = logging.getLogger("valetkey")

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
VARIABLES = frozenset({
    "TWITTER_CALLBACK_URL", "TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET", "VALETKEY_DATABASE", "VALETKEY_DELIVERY",
    "VALETKEY_IDLE_DAYS", "VALETKEY_ORIGINS", "VALETKEY_PROXIES", "VALETKEY_RELAY", "VALETKEY_SECRET",
    "VALETKEY_SESSION_DAYS", "VALETKEY_START_LIMIT", "VALETKEY_TEMPLATES", "VALETKEY_TWITTER_API",
    "VALETKEY_TWITTER_BROWSER",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A judged configuration.

    Args:
        callbacks: the callback URLs as registered with the provider; the first one's origin is the public origin.
        secrets: newest first; the first signs and seals, all of them verify.
        database: ``sqlite:///valetkey.db``, or ``postgresql://user:password@host/name``.
        origins: origins of other pages that may use us, exact.
        delivery: ``cookie``, or ``token``: the page is handed its pass as a bearer token.
        relay: the address of the relay page, on the app's own site where that is not ours; with ``token`` only.
        prefix: where the routes are mounted; the callbacks' paths start with it.
        session_days: the longest a session lasts; None: 30, and 14 for a token. idle_days: the longest it lasts without
            being used.
        proxies: addresses or networks of proxies whose ``X-Forwarded-For`` counts, for what people are shown.
        read_profile: also read name and picture from the provider.
        templates: a directory of pages in the place of ours; ``valetkey templates`` writes one to start from.

    Raises:
        SettingsError: with every fault there is.
    """

    callbacks: tuple[str, ...]
    secrets: tuple[Secret, ...]
    twitter_key: str
    twitter_secret: Secret
    twitter_api: str = twitter.API
    twitter_browser: str = twitter.BROWSER
    database: str = field(default="sqlite:///valetkey.db", repr=False)  # it may hold a password
    origins: tuple[str, ...] = ()
    delivery: str = "cookie"
    relay: str | None = None
    prefix: str = "/auth"
    session_days: float | None = None
    idle_days: float = 14.0
    proxies: tuple[str, ...] = ()
    read_profile: bool = False
    templates: Path | None = None
    public_origin: str = field(init=False, default="")

    def __post_init__(self) -> None:
        faults = [
            *_callback_faults(self.callbacks, self.prefix),
            *_address_faults("VALETKEY_TWITTER_API", self.twitter_api),
            *_address_faults("VALETKEY_TWITTER_BROWSER", self.twitter_browser),
            *(fault for origin in self.origins for fault in _address_faults("VALETKEY_ORIGINS", origin)),
            *_delivery_faults(self.delivery, self.relay, self.origins),
            *_key_faults("TWITTER_CONSUMER_KEY", self.twitter_key),
            *_key_faults("TWITTER_CONSUMER_SECRET", self.twitter_secret.reveal()),
        ]
        if faults:
            raise SettingsError("\n".join(faults))
        object.__setattr__(self, "public_origin", origin_of(self.callbacks[0]))

    @property
    def hands_out_tokens(self) -> bool:
        """Whether a page is handed its pass; it must have been asked for by name."""
        return self.delivery == "token"

    @property
    def lifetime_days(self) -> float:
        """The longest a session lasts."""
        return self.session_days or (14.0 if self.hands_out_tokens else 30.0)

    @property
    def secure(self) -> bool:
        """Whether cookies are for https: by the callback URL, never by the request."""
        return self.public_origin.startswith("https:")

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], *, prefix: str = "/auth", read_profile: bool = False
    ) -> Settings:
        """Read the variables of the README.

        Raises:
            SettingsError: names every variable that is missing or wrong.
        """
        needed = ("TWITTER_CONSUMER_KEY", "TWITTER_CONSUMER_SECRET", "TWITTER_CALLBACK_URL", "VALETKEY_SECRET")
        missing = [name for name in needed if not environ.get(name, "").strip()]
        if missing:
            raise SettingsError(
                f"Not set: {', '.join(missing)}. The keys come from the provider's developer portal; "
                "VALETKEY_SECRET from: valetkey secret. To try it with nothing at all: valetkey demo"
            )
        if environ.get("VALETKEY_START_LIMIT", "off") != "off":
            log.warning("VALETKEY_START_LIMIT: this version does not limit starts yet; limit them before the app")
        return cls(
            callbacks=_listed(environ["TWITTER_CALLBACK_URL"]),
            secrets=tuple(Secret(one) for one in _listed(environ["VALETKEY_SECRET"])),
            twitter_key=environ["TWITTER_CONSUMER_KEY"],
            twitter_secret=Secret(environ["TWITTER_CONSUMER_SECRET"]),
            twitter_api=environ.get("VALETKEY_TWITTER_API") or twitter.API,
            twitter_browser=environ.get("VALETKEY_TWITTER_BROWSER") or twitter.BROWSER,
            database=environ.get("VALETKEY_DATABASE") or "sqlite:///valetkey.db",
            origins=_listed(environ.get("VALETKEY_ORIGINS", "")),
            delivery=environ.get("VALETKEY_DELIVERY") or "cookie",
            relay=environ.get("VALETKEY_RELAY") or None,
            proxies=_listed(environ.get("VALETKEY_PROXIES", "")),
            session_days=_days("VALETKEY_SESSION_DAYS", environ),
            idle_days=_days("VALETKEY_IDLE_DAYS", environ) or 14.0,
            prefix=prefix,
            read_profile=read_profile,
            templates=Path(directory) if (directory := environ.get("VALETKEY_TEMPLATES")) else None,
        )


def with_config(environ: Mapping[str, str], config: Mapping[str, object]) -> dict[str, str]:
    """The environment, and over it what a framework's own configuration says by the same names.

    There a list may be a list, a number a number, and None is as good as not said.

    Raises:
        SettingsError: names every ``VALETKEY_…`` that is none of ours, and what is of no use as a value.
    """
    faults, said = [], dict(environ)
    for name, value in config.items():
        if name.startswith("VALETKEY_") and name not in VARIABLES:
            near = get_close_matches(name, VARIABLES, 1)
            faults.append(f"{name}: there is no such setting." + (f" Is {near[0]} meant?" if near else ""))
        if name not in VARIABLES or value is None:
            continue
        parts = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
        if all(isinstance(part, (str, int, float, Path)) and not isinstance(part, bool) for part in parts):
            said[name] = ",".join(str(part) for part in parts)
        else:
            faults.append(f"{name}: give text, a number, or a list of texts.")
    if faults:
        raise SettingsError("\n".join(faults))
    return said


def origin_of(url: str) -> str:
    """Scheme, host and port as a browser writes them in ``Origin``: lower case, no default port. RFC 6454 §6.2."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, default) else "")


def _listed(value: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in value.split(",") if one.strip())


def _days(name: str, environ: Mapping[str, str]) -> float | None:
    text = environ.get(name, "").strip()
    if not text:
        return None
    try:
        days = float(text)
    except ValueError:
        days = 0.0
    if not 0 < days <= 3650:
        raise SettingsError(f"{name}: give a number of days, such as 14; half a day is 0.5.")
    return days


def _callback_faults(callbacks: tuple[str, ...], prefix: str) -> list[str]:
    faults: list[str] = []
    schemes = set()
    for number, url in enumerate(callbacks, 1):
        label = "TWITTER_CALLBACK_URL" if len(callbacks) == 1 else f"TWITTER_CALLBACK_URL, entry {number}"
        parts, found = _split(label, url)
        faults += found
        if parts is None:
            continue
        schemes.add(parts.scheme)
        if number == 1 and parts.path != f"{prefix}/twitter":
            faults.append(
                f"{label}: its path must be {prefix}/twitter, where the routes are mounted. Change it here and in "
                "the provider's settings, or mount the routes elsewhere."
            )
    if not callbacks:
        faults.append("TWITTER_CALLBACK_URL is not set.")
    if len(schemes) > 1:
        faults.append("TWITTER_CALLBACK_URL: all entries must have one scheme, which the cookies follow.")
    return faults


def _address_faults(label: str, url: str) -> list[str]:
    parts, faults = _split(label, url)
    if parts is not None and parts.path not in ("", "/"):
        faults.append(f"{label}: give an origin only (scheme, host, port), without a path.")
    if parts is not None and parts.path == "/":
        faults.append(f"{label}: leave the slash at the end away.")
    return faults


def _delivery_faults(delivery: str, relay: str | None, origins: tuple[str, ...]) -> list[str]:
    if delivery not in ("cookie", "token"):
        return ["VALETKEY_DELIVERY: say cookie (the default) or token."]
    if relay is None:
        return []
    parts, faults = _split("VALETKEY_RELAY", relay)
    if parts is not None and origin_of(relay) not in origins:
        faults.append("VALETKEY_RELAY: its origin must be one of VALETKEY_ORIGINS, for it is a page of the app.")
    if delivery != "token":
        faults.append("VALETKEY_RELAY: a relay page takes VALETKEY_DELIVERY=token; a cookie does not cross sites.")
    return faults


def _split(label: str, url: str) -> tuple[SplitResult | None, list[str]]:
    try:
        parts = urlsplit(url)
        port_ok = parts.port != 0
    except ValueError:
        return None, [f"{label}: this is not a URL."]
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_ok or not url.isascii():
        return None, [f"{label}: give a full address, such as https://app.example.com/auth/twitter"]
    if parts.query or parts.fragment or parts.username or any(char.isspace() or char in "\\\"'<>" for char in url):
        return None, [f"{label}: no query, fragment, user name, space or quote belongs there."]
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        return None, [f"{label}: http is for this machine only (127.0.0.1, localhost); anything else needs https."]
    return parts, []


def _key_faults(label: str, value: str) -> list[str]:
    if not value.isascii() or any(char.isspace() or char in "\"'" for char in value):
        return [f"{label}: it has a space, a line end or a quote, which no key has. Copy it again."]
    if label.endswith("_KEY") and value.split("-")[0].isdigit() and len(value) > 40:
        return [f"{label}: this looks like an access token. The consumer key (API key) is shorter."]
    return []
