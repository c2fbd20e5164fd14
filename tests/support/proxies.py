"""nginx, Caddy and Apache in front of an app, with the configuration that docs/deploy/ shows.

What is written there is run as it stands, except for what belongs to one machine: the host's name, ports, and the names
of files. A configuration that no longer has one of these fails here, so that none is left in by mistake.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .authority import Authority
from .browser import Answer, Browser
from .servers import free_port
from .written import blocks_of

HOST = "app.example.test"  # no public name, so that a sandbox may stand in for the provider
BELOW = "/shop"


class Proxy(ABC):
    """A proxy that ends TLS for ``HOST``, in front of the app at a port of this machine.

    Args:
        directory: of its files.
        authority: signs its certificate.
        app_port: where the app listens.
        below: whether the app is public below ``BELOW``.
    """

    name: str

    def __init__(self, directory: Path, authority: Authority, app_port: int, *, below: bool) -> None:
        self.directory, self.app_port = directory, app_port
        self.port, self.plain_port = free_port(), free_port()
        self.origin = f"https://{HOST}:{self.port}"
        self.trusted = ssl.create_default_context(cafile=str(authority.file))
        self.certificate = directory / "app.pem"
        self.certificate.write_bytes(authority.pem(host=HOST))
        blocks = blocks_of(f"docs/deploy/{self.name}.md")
        text = blocks[self.name]
        if below:
            text = self.with_path(text, blocks[f"{self.name}-below"])
        self.file = directory / "proxy.conf"
        self.file.write_text(self.whole(text))

    def replace(self, text: str, *pairs: tuple[str, str]) -> str:
        for old, new in pairs:
            assert old in text, f"docs/deploy/{self.name}.md no longer has {old!r}"
            text = text.replace(old, new)
        return text

    @abstractmethod
    def with_path(self, text: str, below: str) -> str:
        """The configuration with the block for "below a path" where the page says."""

    @abstractmethod
    def whole(self, text: str) -> str:
        """The configuration for this machine."""

    @abstractmethod
    def command(self) -> list[str]: ...

    @contextmanager
    def running(self) -> Iterator[None]:
        with (self.directory / "output.log").open("wb") as output:
            environ = {**os.environ, "HOME": str(self.directory), "PATH": f"{os.environ['PATH']}:/usr/sbin"}
            program, *arguments = self.command()
            found = shutil.which(program, path=environ["PATH"])
            assert found, f"{program} is missing; ./run test installs it"
            process = subprocess.Popen([found, *arguments], stdout=output, stderr=output, env=environ)
        try:
            self._wait(process)
            yield
        finally:
            process.terminate()
            process.wait(10)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 15
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start:\n{self.logs()}")
            time.sleep(0.02)

    def logs(self) -> str:
        """Everything that it has written, whatever the file."""
        return "\n".join(one.read_text(errors="replace") for one in sorted(self.directory.glob("*.log")))


class Nginx(Proxy):
    name = "nginx"

    def with_path(self, text: str, below: str) -> str:
        head, location, rest = text.partition("    location / {\n")
        assert location
        return head + below + rest.partition("\n    }\n")[2]

    def whole(self, text: str) -> str:
        at = self.directory
        text = self.replace(
            text,
            ("app.example.com$request_uri", f"{HOST}:{self.port}$request_uri"),
            ("app.example.com", HOST),
            ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
            ("listen 80", f"listen 127.0.0.1:{self.plain_port}"),
            ("127.0.0.1:8000", f"127.0.0.1:{self.app_port}"),
            ("/etc/ssl/app.pem", str(self.certificate)),
            ("/etc/ssl/app.key", str(self.certificate)),
            ("/var/log/nginx/app.log", f"{at}/access.log"),
        )
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "".join(f"{kind}_temp_path {at}/{kind};\n" for kind in kinds)
        return (
            f"daemon off;\nuser root;\nworker_processes 1;\npid {at}/nginx.pid;\nerror_log {at}/error.log warn;\n"
            f"events {{}}\nhttp {{\n{paths}{text}}}\n"
        )

    def command(self) -> list[str]:
        return ["nginx", "-p", str(self.directory), "-c", str(self.file), "-e", str(self.directory / "error.log")]


class Caddy(Proxy):
    name = "caddy"

    def with_path(self, text: str, below: str) -> str:
        return self.replace(text, ("    reverse_proxy 127.0.0.1:8000\n", below))

    def whole(self, text: str) -> str:
        return self.replace(
            text,
            ("\n{\n", f"\n{{\n    admin off\n    http_port {self.plain_port}\n    https_port {self.port}\n"),
            ("app.example.com {\n", f"{HOST}:{self.port} {{\n    tls {self.certificate} {self.certificate}\n"),
            ("127.0.0.1:8000", f"127.0.0.1:{self.app_port}"),
            ("/var/log/caddy/app.log", f"{self.directory}/access.log"),
        )

    def command(self) -> list[str]:
        return ["caddy", "run", "--adapter", "caddyfile", "--config", str(self.file)]


class Apache(Proxy):
    name = "apache"
    modules = (
        "mpm_event", "authz_core", "ssl", "socache_shmcb", "proxy", "proxy_http", "headers", "rewrite", "alias",
    )  # fmt: skip

    def with_path(self, text: str, below: str) -> str:
        head, _, rest = text.partition("    ProxyPass / ")
        return head + below + rest.partition("\n")[2]

    def whole(self, text: str) -> str:
        text = self.replace(
            text,
            ("https://app.example.com/", f"{self.origin}/"),
            ("app.example.com", HOST),
            ("*:443", f"*:{self.port}"),
            ("*:80", f"*:{self.plain_port}"),
            ("127.0.0.1:8000", f"127.0.0.1:{self.app_port}"),
            ("/etc/ssl/app.pem", str(self.certificate)),
            ("/etc/ssl/app.key", str(self.certificate)),
            ("/var/log/apache2/", f"{self.directory}/"),
        )
        folder = next(Path("/usr/lib").glob("apache2/modules"))
        loaded = "".join(f"LoadModule {one}_module {folder}/mod_{one}.so\n" for one in self.modules)
        return (
            f"{loaded}ServerRoot {self.directory}\nPidFile {self.directory}/apache.pid\nUser www-data\n"
            f"Group www-data\nServerName {HOST}\nErrorLog {self.directory}/error.log\nMutex file:{self.directory}\n"
            f"Listen 127.0.0.1:{self.port}\nListen 127.0.0.1:{self.plain_port}\n{text}"
        )

    def command(self) -> list[str]:
        return ["apache2", "-f", str(self.file), "-DFOREGROUND"]


PROXIES = {one.name: one for one in (Nginx, Caddy, Apache)}


class TlsBrowser(Browser):
    """A browser that finds ``HOST`` on this machine, and knows who has signed its certificate."""

    trusted: ssl.SSLContext

    def request(self, method: str, path: str, **options: Any) -> Answer:
        """The paths of ``Browser`` are those of an app at the root of its host."""
        below = urlsplit(self.base).path
        return super().request(method, f"{below}{path}" if path.startswith("/auth") else path, **options)

    def connect(self, to: SplitResult, timeout: float) -> HTTPSConnection:
        connection = HTTPSConnection(to.hostname or "", to.port, timeout=timeout, context=self.trusted)
        plain = socket.create_connection(("127.0.0.1", to.port or 443), timeout)
        connection.sock = self.trusted.wrap_socket(plain, server_hostname=to.hostname)
        return connection
