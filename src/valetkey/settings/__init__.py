"""What the environment says, judged before anything runs.

Everything that chooses an address comes from here and from nowhere else. What is missing or wrong is said at start, all
of it at once, with the variable's name and never its value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ..crypto import Secret
from ..errors import SettingsError
from ..providers import twitter
from ..providers.base import Provider
from .addresses import LOOPBACK_HOSTS, is_loopback, is_public, origin_faults, origin_of, proxy_networks, split
from .outgoing import Outgoing
from .variables import NEEDED, slips

__all__ = ["LOOPBACK_HOSTS", "Settings", "origin_of"]

_NAME = re.compile(r"[a-z][a-z0-9]{0,31}")
# Token characters that need no care anywhere (RFC 6265 §4.1.1). It does not start with "__": browsers give such
# prefixes a meaning.
_COOKIE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_TAKEN = frozenset({"providers", "session", "sessions", "unlink"})  # paths below the prefix
START_LIMIT = 60  # per minute; X does not publish how many request tokens an app may ask for
MOST_STARTS = 100_000
MOST_DAYS = 3650

_DAYS = re.compile(r"(?=\.?[0-9])[0-9]{0,4}(\.[0-9]{0,20})?(e-[0-9]{1,2})?")
_STARTS = re.compile(r"[1-9][0-9]{0,5}")

# Origins of sandboxes that the test kit runs in this process. A test may use a production callback URL with them; no
# setting and no variable can add one here.
tests_sandboxes: set[str] = set()

_PROTOCOL_ADDRESSES = ("request_token_url", "access_token_url", "authorize_url")

_START_LIMIT_FIX = f"give a whole number of starts per minute, 1 to {MOST_STARTS}, such as {START_LIMIT}; or say off."


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
        proxies: addresses or networks of proxies whose ``X-Forwarded-For`` counts: for the devices that people are
            shown, and for ``start_limit``.
        start_limit: how many logins one client network may start in a minute, and at once; all together may start ten
            times as many. None: no limit.
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
    start_limit: int | None = START_LIMIT
    read_profile: bool = False
    templates: Path | None = None
    outgoing: Outgoing = field(default_factory=Outgoing)
    providers: tuple[Provider, ...] = ()
    public_origin: str = field(init=False, default="")

    def __post_init__(self) -> None:
        of_provider = {"VALETKEY_TWITTER_API": self.twitter_api, "VALETKEY_TWITTER_BROWSER": self.twitter_browser}
        of_origins = [fault for one in self.origins for fault in origin_faults("VALETKEY_ORIGINS", one)]
        # As browsers write them, each once.
        origins = tuple(dict.fromkeys(map(origin_of, self.origins))) if not of_origins else ()
        faults = [
            *_callback_faults(self.callbacks, self.prefix),
            *(fault for label, url in of_provider.items() for fault in _provider_address_faults(label, url)),
            *of_origins,
            *_cookie_faults(self.cookie),
            *([] if of_origins else _delivery_faults(self.delivery, self.relay, origins)),
            *_proxy_faults(self.proxies),
            *_number_faults(self.session_days, self.idle_days, self.start_limit),
            *_key_faults("TWITTER_CONSUMER_KEY", self.twitter_key),
            *_key_faults("TWITTER_CONSUMER_SECRET", self.twitter_secret.reveal()),
            *_provider_faults(self.providers),
        ]
        if not faults:
            requested = [self.twitter_api, *(url for one in self.providers for url in one.requested)]
            faults = [
                *_whole_faults(self.callbacks, self.relay, of_provider, self.providers),
                *self.outgoing.check(requested),
            ]
        if faults:
            raise SettingsError("\n".join(faults))
        object.__setattr__(self, "origins", origins)
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
        days: dict[str, float | None] = {}
        for name in ("VALETKEY_SESSION_DAYS", "VALETKEY_IDLE_DAYS"):
            try:
                days[name] = _days(name, environ)
            except SettingsError as wrong:
                faults.append(wrong.hint)
        start_limit: int | None = START_LIMIT
        try:
            start_limit = _start_limit(environ.get("VALETKEY_START_LIMIT", ""))
        except SettingsError as wrong:
            faults.append(wrong.hint)
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
                start_limit=start_limit,
                session_days=days.get("VALETKEY_SESSION_DAYS"),
                idle_days=days.get("VALETKEY_IDLE_DAYS") or 14.0,
                outgoing=Outgoing.from_environment(environ),
                prefix=prefix,
                read_profile=read_profile,
                templates=Path(directory) if (directory := environ.get("VALETKEY_TEMPLATES")) else None,
                providers=tuple(providers),
            )
        except SettingsError as wrong:
            raise SettingsError("\n".join((*faults, wrong.hint))) from None
        if faults:
            raise SettingsError("\n".join(faults))
        return settings


def _listed(value: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in value.split(",") if one.strip())


def _days(name: str, environ: Mapping[str, str]) -> float | None:
    text = environ.get(name, "").strip()
    if not text:
        return None
    if not _DAYS.fullmatch(text) or not 0 < float(text) <= MOST_DAYS:
        raise SettingsError(f"{name}: give a number of days, such as 14; half a day is 0.5.")
    return float(text)


def _start_limit(said: str) -> int | None:
    """Starts a minute; None for ``off``."""
    text = said.strip() or str(START_LIMIT)
    if text.lower() == "off":
        return None
    if not _STARTS.fullmatch(text) or int(text) > MOST_STARTS:
        raise SettingsError(f"VALETKEY_START_LIMIT: {_START_LIMIT_FIX}")
    return int(text)


def _callback_faults(callbacks: tuple[str, ...], prefix: str) -> list[str]:
    faults: list[str] = []
    schemes = set()
    for number, url in enumerate(callbacks, 1):
        label = "TWITTER_CALLBACK_URL" if len(callbacks) == 1 else f"TWITTER_CALLBACK_URL, entry {number}"
        parts, found = split(label, url)
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


def _provider_address_faults(label: str, url: str) -> list[str]:
    # Not normalised: requests are signed over these very bytes.
    return origin_faults(label, url) or ([f"{label}: leave out the slash at the end."] if url.endswith("/") else [])


def _cookie_faults(name: str) -> list[str]:
    if _COOKIE.fullmatch(name):
        return []
    return [
        "VALETKEY_COOKIE: give 1 to 32 letters, digits, dots, hyphens or underscores, with a letter or a digit first, "
        "such as shop. The prefix __Host- is added where it belongs."
    ]


def _delivery_faults(delivery: str, relay: str | None, origins: tuple[str, ...]) -> list[str]:
    if delivery not in ("cookie", "token"):
        return ["VALETKEY_DELIVERY: say cookie (the default) or token."]
    if relay is None:
        return []
    parts, faults = split("VALETKEY_RELAY", relay)
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


def _proxy_faults(proxies: tuple[str, ...]) -> list[str]:
    try:
        proxy_networks(proxies)
    except ValueError as fault:
        return [str(fault)]
    return []


def _number_faults(session_days: float | None, idle_days: float, start_limit: int | None) -> list[str]:
    """For settings that were made in Python; the text of a variable has been checked before."""
    faults = [
        f"{name}: give a number of days, such as 14; half a day is 0.5."
        for name, days in (("VALETKEY_SESSION_DAYS", session_days), ("VALETKEY_IDLE_DAYS", idle_days))
        if days is not None and not (math.isfinite(days) and 0 < days <= MOST_DAYS)
    ]
    if start_limit is not None and (type(start_limit) is not int or not 0 < start_limit <= MOST_STARTS):
        faults.append(f"VALETKEY_START_LIMIT: {_START_LIMIT_FIX}")
    return faults


def _whole_faults(
    callbacks: tuple[str, ...], relay: str | None, of_provider: dict[str, str], providers: tuple[Provider, ...]
) -> list[str]:
    """Settings that are valid alone, but not together."""
    faults = []
    if relay is not None and origin_of(relay) == origin_of(callbacks[0]):
        faults.append(
            "VALETKEY_RELAY: this is the callback URL's own origin, and a relay page is for a page on another site. "
            "Leave it out."
        )
    if not any(url.startswith("https:") and is_public(url) for url in callbacks):
        return faults
    named = {**of_provider}
    for one in providers:
        addresses = (getattr(one.protocol, field, "") for field in _PROTOCOL_ADDRESSES)
        named[f"Provider {one.name!r}"] = next((url for url in addresses if is_loopback(url)), "")
    faults += [
        f"{label}: the callback URL is public, but this provider is on this machine, as a sandbox is. Whoever reaches "
        "a sandbox can sign in as anybody. Name the real provider; for X, unset this."
        for label, url in named.items()
        if is_loopback(url) and origin_of(url) not in tests_sandboxes
    ]
    return faults


def _key_faults(label: str, value: str) -> list[str]:
    if not value.isascii() or any(char.isspace() or char in "\"'" for char in value):
        return [f"{label}: it has a space, a line end or a quote, which no key has. Copy it again."]
    if label.endswith("_KEY") and value.split("-")[0].isdigit() and len(value) > 40:
        return [f"{label}: this looks like an access token. The consumer key (API key) is shorter."]
    return []
