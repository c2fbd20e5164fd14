"""The servers that others wrote: how each is started, where it is asked, and what is known of it.

A program of ``servers/`` or ``node/`` starts a server from an order in JSON (``servers/serving.py``). The server
listens on a free port of the loopback; a gate in front of it has the public address. Nothing is skipped: a server that
is not installed, or does not start, fails every test that needs it.

What is known of a server stands in its record, and ``test_partners.py`` finds it out again with a client of its own.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from .gate import Gate

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = str(ROOT / ".venv-interop" / "bin" / "python")
READY_SECONDS = 60.0  # on a machine that is busy with other tests


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


@dataclass(frozen=True, kw_only=True)
class Running:
    """A server that runs.

    Args:
        gate: in front of it. It has the public address, and the journal.
    """

    partner: Partner
    gate: Gate
    clients: tuple[Client, ...]

    @property
    def issuer(self) -> str:
        return self.gate.origin + self.partner.issuer_path

    @property
    def exchanges(self) -> int:
        """How many token requests came."""
        return len(self.gate.posts(self.partner.token_path))

    def forget_codes(self) -> None:
        """Codes that nobody has spent. ``servers/canaille_server.py`` says why."""
        if self.partner is CANAILLE:
            url, host = f"http://127.0.0.1:{self.gate.target}/forget-codes", urlsplit(self.gate.origin).netloc
            httpx.post(url, headers={"Host": host}, trust_env=False).raise_for_status()


@contextmanager
def running(partner: Partner, *clients: Client, needs_nonce: bool = True) -> Iterator[Running]:
    """Start a server in which these clients are registered, with ``PEOPLE`` as its users.

    Args:
        needs_nonce: canaille refuses a request without a nonce, unless it is said otherwise.
    """
    with Gate() as gate, tempfile.TemporaryDirectory(prefix="valetkey-") as directory:
        order = {
            "origin": gate.origin,
            "directory": directory,
            "service": partner.service,
            "needs_nonce": needs_nonce,
            "clients": [{**asdict(one), "secret": one.secret} for one in clients],
            "people": [{**asdict(one), "email": one.email, "password": one.password} for one in PEOPLE],
        }
        with started((*partner.command, json.dumps(order)), Path(directory)) as address:
            gate.target = int(address.rpartition(":")[2])
            yield Running(partner=partner, gate=gate, clients=clients)


@contextmanager
def started(command: tuple[str, ...], directory: Path) -> Iterator[str]:
    """Run a program in a folder until it says ``Ready`` and its address. At the end it is stopped."""
    log = directory / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "PYTHONUNBUFFERED": "1",
        "AUTHLIB_INSECURE_TRANSPORT": "1",  # http, on the loopback
        "OAUTHLIB_INSECURE_TRANSPORT": "1",
    }
    with log.open("wb") as sink:
        process = subprocess.Popen(command, cwd=directory, env=environment, stdout=sink, stderr=sink)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not (found := re.search(r"^Ready (\S+)$", log.read_text(), re.MULTILINE)):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"did not start: {command[:2]}\n{log.read_text()}")
            time.sleep(0.02)
        yield found[1]
    finally:
        process.terminate()
        process.wait(15)
