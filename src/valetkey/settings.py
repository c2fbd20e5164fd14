"""What the environment says, judged before anything runs.

Everything that chooses an address comes from here and from nowhere else. What is missing or wrong is said at start, all
of it at once, with the variable's name and never its value.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from .errors import SettingsError
from .grammar import lower
from .model import Secret
from .provider import Provider
from .providers import twitter
from .transport import Outgoing
from .variables import NEEDED, slips

log = logging.getLogger("valetkey")

_NAME = re.compile(r"[a-z][a-z0-9]{0,31}")
# Token characters that need no care anywhere (RFC 6265 §4.1.1). It does not start with "__", for that is a prefix that
# browsers give a meaning to.
_COOKIE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_TAKEN = frozenset({"session", "sessions", "unlink"})  # paths below the prefix
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


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
        cookie: what the names of the cookies begin with, 1 to 32 characters. Two apps on one host need two, for cookies
            know neither ports nor, here, paths (RFC 6265 §8.5).
        prefix: where the routes are mounted; the callbacks' paths start with it.
        session_days: the longest a session lasts; None: 30, and 14 for a token. idle_days: the longest it lasts without
            being used.
        proxies: addresses or networks of proxies whose ``X-Forwarded-For`` counts, for what people are shown.
        read_profile: also read name and picture from the provider.
        templates: a directory of pages in the place of ours; ``valetkey templates`` writes one to start from.
        outgoing: the way to the provider: directly, or through the proxy of ``HTTPS_PROXY``.
        providers: others beside X. Each one's callback URL is that of ``callbacks`` with its path, else the public
            origin, the prefix and its name.

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
    cookie: str = "valetkey"
    prefix: str = "/auth"
    session_days: float | None = None
    idle_days: float = 14.0
    proxies: tuple[str, ...] = ()
    read_profile: bool = False
    templates: Path | None = None
    outgoing: Outgoing = field(default_factory=Outgoing)
    providers: tuple[Provider, ...] = ()
    public_origin: str = field(init=False, default="")

    def __post_init__(self) -> None:
        faults = [
            *_callback_faults(self.callbacks, self.prefix),
            *_address_faults("VALETKEY_TWITTER_API", self.twitter_api),
            *_address_faults("VALETKEY_TWITTER_BROWSER", self.twitter_browser),
            *(fault for origin in self.origins for fault in _address_faults("VALETKEY_ORIGINS", origin)),
            *_cookie_faults(self.cookie),
            *_delivery_faults(self.delivery, self.relay, self.origins),
            *_key_faults("TWITTER_CONSUMER_KEY", self.twitter_key),
            *_key_faults("TWITTER_CONSUMER_SECRET", self.twitter_secret.reveal()),
            *_provider_faults(self.providers),
        ]
        if not faults:
            faults = self.outgoing.check([self.twitter_api, *(url for one in self.providers for url in one.requested)])
        if faults:
            raise SettingsError("\n".join(faults))
        object.__setattr__(self, "public_origin", origin_of(self.callbacks[0]))

    @property
    def hands_out_tokens(self) -> bool:
        """Whether a page is handed its pass; it must have been asked for by name."""
        return self.delivery == "token"

    @property
    def app_page(self) -> str:
        """Where the app's own page is, as far as the settings say: at the relay page's origin, the first of
        ``origins``, or the public origin."""
        origin = origin_of(self.relay) if self.relay else next(iter(self.origins), self.public_origin)
        return f"{origin}/"

    def callback_of(self, provider: str) -> str:
        """Where this provider sends people back to. From the settings alone."""
        path = f"{self.prefix}/{provider}"
        listed = (url for url in self.callbacks if urlsplit(url).path == path)
        return next(listed, f"{self.public_origin}{path}")

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
        cls,
        environ: Mapping[str, str],
        *,
        prefix: str = "/auth",
        read_profile: bool = False,
        providers: Iterable[Provider] = (),
    ) -> Settings:
        """Read the variables of the README.

        Raises:
            SettingsError: names every variable that is missing or wrong, or nearly one of ours.
        """
        faults = slips(environ)
        missing = [name for name in NEEDED if not environ.get(name, "").strip()]
        if missing:
            faults.append(
                f"Not set: {', '.join(missing)}. The keys come from the provider's developer portal; "
                "VALETKEY_SECRET from: valetkey secret. To try it with nothing at all: valetkey demo"
            )
            raise SettingsError("\n".join(faults))
        if environ.get("VALETKEY_START_LIMIT", "off") != "off":
            log.warning("VALETKEY_START_LIMIT: this version does not limit starts yet; limit them before the app")
        days: dict[str, float | None] = {}
        for name in ("VALETKEY_SESSION_DAYS", "VALETKEY_IDLE_DAYS"):
            try:
                days[name] = _days(name, environ)
            except SettingsError as wrong:
                faults.append(wrong.explanation)
        try:
            settings = cls(
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
                cookie=environ.get("VALETKEY_COOKIE") or "valetkey",
                proxies=_listed(environ.get("VALETKEY_PROXIES", "")),
                session_days=days.get("VALETKEY_SESSION_DAYS"),
                idle_days=days.get("VALETKEY_IDLE_DAYS") or 14.0,
                outgoing=Outgoing.from_environment(environ),
                prefix=prefix,
                read_profile=read_profile,
                templates=Path(directory) if (directory := environ.get("VALETKEY_TEMPLATES")) else None,
                providers=tuple(providers),
            )
        except SettingsError as wrong:
            raise SettingsError("\n".join((*faults, wrong.explanation))) from None
        if faults:
            raise SettingsError("\n".join(faults))
        return settings


def origin_of(url: str) -> str:
    """Scheme, host and port as a browser writes them in ``Origin``: lower case, no default port. RFC 6454 §6.2."""
    parts = urlsplit(url)
    host = lower(parts.hostname or "")
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


def _cookie_faults(name: str) -> list[str]:
    if _COOKIE.fullmatch(name):
        return []
    return [
        "VALETKEY_COOKIE: give 1 to 32 letters, digits, dots, hyphens or underscores, with a letter or a digit first, "
        "such as shop. The prefix __Host- is added by itself where it belongs."
    ]


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


def _provider_faults(providers: tuple[Provider, ...]) -> list[str]:
    names = ["twitter", *(one.name for one in providers)]
    return [
        *(
            f"Provider {name!r}: lower-case letters and digits make a name."
            for name in names
            if not _NAME.fullmatch(name)
        ),
        *(f"Provider {name!r}: this path is taken." for name in names if name in _TAKEN or names.count(name) > 1),
    ]


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
        return None, [
            f"{label}: http is for this machine only (127.0.0.1, localhost); anything else needs https. "
            "Behind a proxy that ends TLS, give the https address that people see."
        ]
    return parts, []


def _key_faults(label: str, value: str) -> list[str]:
    if not value.isascii() or any(char.isspace() or char in "\"'" for char in value):
        return [f"{label}: it has a space, a line end or a quote, which no key has. Copy it again."]
    if label.endswith("_KEY") and value.split("-")[0].isdigit() and len(value) > 40:
        return [f"{label}: this looks like an access token. The consumer key (API key) is shorter."]
    return []
