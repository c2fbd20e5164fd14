"""The settings of an app, as one immutable value that is checked as a whole when it is made."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from ..crypto import Secret
from ..protocols.oauth1 import OAuth1
from ..providers.record.provider import Provider
from . import checks, environment, provider_checks, shell_origins
from .addresses import host_of, origin_faults, origin_of
from .checks import START_LIMIT
from .faults import Faults
from .outgoing import Outgoing

log = logging.getLogger("valetkey")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A checked configuration.

    Args:
        secrets: newest first. The first signs and seals; all of them verify.
        providers: what users sign in with, in the order of the buttons.
        url: the app's address as browsers see it, such as ``https://example.com``, with the path it is public under,
            if any: ``https://example.com/app``. Each provider's callback URL is this, ``prefix`` and its name. None:
            the first callback URL without ``prefix`` and the provider's name.
        callbacks: by provider, its callback URLs as they are registered there, where they are not the one above. The
            first leads to valetkey; the others are pages that take callbacks themselves (docs/classic.md).
        database: ``sqlite:///valetkey.db``, or ``postgresql://user:password@host/name``.
        origins: the origins of other pages that may use this app's routes.
        delivery: ``cookie``, or ``token``: a page gets its session as a bearer token.
        relay: the address of the relay page, for an app on another site than these routes. It needs ``token``.
        cookie: what the names of the cookies begin with, 1 to 32 characters. Two apps on one host need two, since
            cookies do not depend on a port (RFC 6265 §8.5).
        prefix: the path at which the routes are mounted, as the app itself sees it.
        session_days: the maximum lifetime of a session, in days. None: 30, or 14 for a token.
        idle_days: after how many days without use a session ends.
        proxies: addresses or networks of the app's proxies. ``X-Forwarded-For`` counts if one of them sends it.
        start_limit: how many logins one client network may start per minute, and at once; all together may start ten
            times as many. None: no limit.
        templates: a directory of pages that replace valetkey's; ``valetkey templates`` writes one to start from.
        title: the app's name on the popup's pages, at most 60 characters. None: the host of the public origin.
        health: whether ``GET health`` says if this process can sign users in, for balancers and orchestrators.
        outgoing: the way to the providers: directly, or through the proxy of ``HTTPS_PROXY``.
        sandbox_at: the origin of the sandbox that plays the providers. None: they are real. ``VALETKEY_SANDBOX`` says
            it, for an app on a developer's machine only.

    Raises:
        SettingsError: names everything that is wrong.
    """

    secrets: tuple[Secret, ...]
    providers: tuple[Provider, ...]
    url: str | None = None
    callbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
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
    templates: Path | None = None
    title: str | None = None
    health: bool = False
    outgoing: Outgoing = field(default_factory=Outgoing)
    sandbox_at: str | None = None
    public_origin: str = field(init=False, default="")
    """Scheme, host and port of the app's address, as browsers write them."""
    public_prefix: str = field(init=False, default="")
    """The path of the routes as browsers see it: that of the app's address, and ``prefix``. What is written for a
    browser has it; what is routed has ``prefix``, wherever the app is mounted."""

    def __post_init__(self) -> None:
        put = object.__setattr__
        faults = Faults()
        put(self, "providers", tuple(self.providers))
        put(self, "callbacks", MappingProxyType({name: tuple(urls) for name, urls in self.callbacks.items()}))
        place = [
            *checks.url_faults(self.url, self.callbacks),
            *checks.url_path_faults(self.url, [f"{self.prefix}/{one.callback_path}" for one in self.providers]),
            *checks.callback_faults(self.callbacks, [one.name for one in self.providers]),
        ]
        faults.add(*place)
        if not place:
            put(self, "public_origin", origin_of(self.url or self.listed_callbacks[0]))
            put(self, "public_prefix", self._public_base() + self.prefix)
            paths = {one.name: f"{self.public_prefix}/{one.callback_path}" for one in self.providers}
            faults.add(*checks.callback_place_faults(self.callbacks, self.public_origin, paths))
            faults.add(*provider_checks.domain_faults(self.providers, self.public_origin))
        of_origins = [fault for one in self.origins for fault in origin_faults("VALETKEY_ORIGINS", one)]
        # As browsers write them, each once.
        put(self, "origins", tuple(dict.fromkeys(map(origin_of, self.origins))) if not of_origins else ())
        faults.add(
            *of_origins,
            *checks.cookie_faults(self.cookie),
            *checks.title_faults(self.title),
            *([] if of_origins else checks.delivery_faults(self.delivery, self.relay, self.origins)),
            *shell_origins.delivery_faults(self.delivery, self.relay, self.origins),
            *checks.proxy_faults(self.proxies),
            *checks.sandbox_mode_faults(self.sandbox_at, (self.url or "", *self.listed_callbacks)),
            *checks.number_faults(self.session_days, self.idle_days, self.start_limit),
            *provider_checks.provider_faults(self.providers),
            *provider_checks.provider_address_faults(self.providers),
            *provider_checks.key_faults(self.providers),
        )
        faults.raise_any()
        faults.add(*checks.relay_faults(self.relay, self.public_origin))
        if checks.is_public_app((self.url or "", *self.listed_callbacks)):
            faults.add(*checks.sandbox_faults(provider_checks.provider_addresses(self.providers)))
        faults.add(*self.outgoing.check([url for one in self.providers for url in one.requested]))
        faults.raise_any()

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str],
        *,
        prefix: str = "/auth",
        read_profile: bool = False,
        providers: Iterable[Provider] = (),
        default_port: int = 8000,
    ) -> Settings:
        """Read the variables that docs/settings.md lists.

        Args:
            environ: the variables, such as ``os.environ``.
            prefix: the path at which the routes are mounted.
            read_profile: also read name and picture at each sign-in, at a provider that needs a separate request for
                them. X charges for that request.
            providers: providers that the app makes in Python. They come after those that ``VALETKEY_PROVIDERS`` lists,
                unless it lists them, too. If it is not set, an app with these has X only if a variable of X's is set.
            default_port: where the framework's own server listens. It counts with ``VALETKEY_SANDBOX`` alone, and if
                nothing says the app's address.

        Raises:
            SettingsError: names every variable that is missing, wrong or misspelt.
        """
        faults = Faults()
        fields = environment.read(
            environ, tuple(providers), read_profile=read_profile, faults=faults, default_port=default_port
        )
        settings = None
        with faults.collected():
            settings = cls(prefix=prefix, **fields)
        faults.raise_any()
        assert settings is not None
        if prefix and urlsplit(settings.url or "").path.rstrip("/").endswith(prefix):
            first = settings.providers[0].name
            log.warning(
                "VALETKEY_URL ends with %s, the path of the routes, which is added to it: the callback URL is %s. "
                "Leave it out if your app is not below a path of that name.",
                prefix,
                settings.callback_of(first),
            )
        return settings

    def _public_base(self) -> str:
        if self.url is not None:
            return urlsplit(self.url).path.rstrip("/")
        first = next(one for one in self.providers if self.callbacks.get(one.name))
        return checks.base_of_callback(self.callbacks[first.name][0], f"{self.prefix}/{first.callback_path}")

    @property
    def public_base(self) -> str:
        """The path that the app is public under, without a slash at its end. Empty for the root of its host."""
        return self.public_prefix.removesuffix(self.prefix)

    @property
    def home(self) -> str:
        """The path of the app's own first page, as browsers see it."""
        return f"{self.public_base}/"

    @property
    def sandbox(self) -> bool:
        """Whether users sign in at the sandbox, where anybody can sign in as anybody."""
        return self.sandbox_at is not None

    @property
    def hands_out_tokens(self) -> bool:
        """Whether a page gets its session as a token."""
        return self.delivery == "token"

    @property
    def app_page(self) -> str | None:
        """The address of the app's own page, as far as the settings say: the root of the relay page's origin, else of
        the first of ``origins``, else the app's address. None for an app in a shell: a browser cannot open it."""
        origin = origin_of(self.relay) if self.relay else next(iter(self.origins), None)
        if origin is None:
            return f"{self.public_origin}{self.public_base}/"
        return None if shell_origins.is_shell_origin(origin) else f"{origin}/"

    @property
    def shown_title(self) -> str:
        """The app's name for its users."""
        return self.title or host_of(urlsplit(self.public_origin))

    @property
    def listed_callbacks(self) -> tuple[str, ...]:
        """The callback URLs of every provider, as they are registered, in the order of the providers."""
        return tuple(url for one in self.providers for url in self.callbacks.get(one.name, ()))

    def pages_of(self, provider: str) -> tuple[str, ...]:
        """The pages that speak OAuth 2.0 themselves and sign in with this provider, as ``callbacks`` lists them.

        Args:
            provider: the provider's name.

        Returns:
            The entries after the first that do not lead to the routes. None for a provider of OAuth 1.0a, where such a
            page is a callback of the provider's.
        """
        record = next((one for one in self.providers if one.name == provider), None)
        if record is None or isinstance(record.protocol, OAuth1):
            return ()
        routes = [f"{self.public_prefix}/{one.callback_path}" for one in self.providers]
        return tuple(url for url in self.callbacks.get(provider, ())[1:] if urlsplit(url).path not in routes)

    def callback_of(self, provider: str) -> str:
        """The callback URL to give a provider: where it sends the user back to.

        Args:
            provider: the provider's name.
        """
        record = next((one for one in self.providers if one.name == provider), None)
        path = f"{self.public_prefix}/{record.callback_path if record else provider}"
        listed = (*self.callbacks.get(provider, ()), *self.listed_callbacks)
        return next((url for url in listed if urlsplit(url).path == path), f"{self.public_origin}{path}")

    @property
    def lifetime_days(self) -> float:
        """The maximum lifetime of a session, in days."""
        return self.session_days or (14.0 if self.hands_out_tokens else 30.0)

    @property
    def secure(self) -> bool:
        """Whether the app is on https, so that its cookies are Secure. The app's address decides, never a request."""
        return self.public_origin.startswith("https:")
