"""The servers that others wrote: what starts each, where it is asked, and what is known of it.

What is known of a server stands in its record, and ``test_partners.py`` finds it out again with a client of its own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = str(ROOT / ".venv-interop" / "bin" / "python")


@dataclass(frozen=True, kw_only=True)
class Person:
    handle: str
    name: str

    @property
    def email(self) -> str:
        return f"{self.handle}@example.com"

    @property
    def password(self) -> str:
        return f"a long password of {self.handle}"


ADA = Person(handle="ada", name="Ada Example")
BARE = Person(handle="bare", name="Bare Minimum")
FRESH = Person(handle="fresh", name="Fresh Example")  # has consented to nothing
PEOPLE = (ADA, BARE, FRESH)


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client that is registered at a server. ``callbacks`` are its redirect URIs."""

    id: str
    callbacks: tuple[str, ...]

    @property
    def secret(self) -> str:
        return f"secret-of-{self.id}".ljust(40, "-")


@dataclass(frozen=True, kw_only=True)
class Partner:
    """A server.

    Args:
        name: what it is called in the table.
        package: its distribution, whose version the lock file has.
        command: what starts it, before the order.
        token_path: of its token endpoint.
        issuer_path: what its issuer has after the origin.
        service: which of emulate's services it is.
        provider: the name under which the app knows it.
        discovery: the path of its metadata. None if it has none.
        algorithm: what its ID tokens are signed with. None if it issues none.
        sends_iss: redirects name the issuer (RFC 9207).
        can_cancel: its pages have a button that refuses.
        form_post: it knows ``response_mode=form_post``.
        checks_secret, checks_pkce: a wrong secret or verifier is refused.
        needs_pkce: a request without a challenge is refused.
        revokes: a second use of a code takes the first one's token back.
        handle: what it says is the user's handle.
        names: it says the user's name.
        verifies_email: it says that the e-mail address is verified.
        app_host: the host of an app that is registered there.
    """

    name: str
    package: str
    command: tuple[str, ...]
    token_path: str
    issuer_path: str = ""
    service: str = ""
    provider: str = "acme"
    discovery: str | None = "/.well-known/openid-configuration"
    algorithm: str | None = "RS256"
    sends_iss: bool = False
    can_cancel: bool = True
    form_post: bool = False
    checks_secret: bool = True
    checks_pkce: bool = True
    needs_pkce: bool = False
    revokes: bool = False
    handle: str | None = ADA.handle
    names: bool = True
    verifies_email: bool = True
    app_host: str = "127.0.0.1"

    @property
    def version(self) -> str:
        return locked_version(self.package)


def _python(name: str) -> tuple[str, ...]:
    return (PYTHON, str(HERE / "servers" / name))


def _node(name: str) -> tuple[str, ...]:
    return ("node", str(HERE / "node" / name))


def _emulated(service: str, **facts: Any) -> Partner:
    return Partner(
        name=f"emulate: {service}",
        package="emulate",
        command=_node("emulate.mjs"),
        service=service,
        provider=service,
        can_cancel=False,
        **facts,
    )


OIDC_PROVIDER = Partner(
    name="oidc-provider",
    package="oidc-provider",
    command=_node("oidc-provider.mjs"),
    token_path="/token",
    sends_iss=True,
    form_post=True,
    revokes=True,
)
ALLAUTH = Partner(
    name="django-allauth",
    package="django-allauth",
    command=_python("allauth_idp.py"),
    token_path="/identity/o/api/token",
    revokes=True,
)
TOOLKIT = Partner(
    name="django-oauth-toolkit",
    package="django-oauth-toolkit",
    command=_python("oauth_toolkit.py"),
    token_path="/o/token/",
    issuer_path="/o",
    discovery="/o/.well-known/openid-configuration",
    needs_pkce=True,
    verifies_email=False,
)
CANAILLE = Partner(
    name="canaille",
    package="canaille",
    command=_python("canaille_server.py"),
    token_path="/oauth/token",
    algorithm="RS512",
    sends_iss=True,
    handle=None,
    verifies_email=False,
)
NANOIDP = Partner(
    name="nanoidp",
    package="nanoidp",
    command=_python("nanoidp_server.py"),
    token_path="/token",
    can_cancel=False,
    needs_pkce=True,
    names=False,
)
GOOGLE = _emulated("google", token_path="/oauth2/token", handle=None)
GITHUB = _emulated(
    "github",
    token_path="/login/oauth/access_token",
    discovery=None,
    algorithm=None,
    checks_pkce=False,
)
APPLE = _emulated(
    "apple",
    token_path="/auth/token",
    form_post=True,
    checks_secret=False,
    checks_pkce=False,
    handle=None,
    names=False,
    app_host="localhost",
)
MICROSOFT = _emulated(
    "microsoft",
    token_path="/oauth2/v2.0/token",
    discovery="/common/v2.0/.well-known/openid-configuration",
    form_post=True,
    handle=ADA.email,
    verifies_email=False,
)

ISSUERS = (OIDC_PROVIDER, ALLAUTH, TOOLKIT, CANAILLE, NANOIDP)
NAMED = (GOOGLE, GITHUB, APPLE, MICROSOFT)
PARTNERS = (*ISSUERS, *NAMED)


def locked_version(package: str) -> str:
    """The exact version that ``./run`` installs."""
    pins = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements" / "interop.txt").read_text(), re.MULTILINE)
    packages = json.loads((HERE / "node" / "package-lock.json").read_text())["packages"]
    locked = {**{key.removeprefix("node_modules/"): one.get("version") for key, one in packages.items()}, **dict(pins)}
    return str(locked[package])
