"""A browser at an app that is public below a path, and a proxy that takes that path away.

Nothing here knows how an app is mounted. What the app writes (the module's address, Location, callbacks, the addresses
on its pages) is followed as a browser follows it, so an address without the path leads nowhere.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from .browser import Answer, Browser
from .servers import Provider


@dataclass
class MountedBrowser(Browser):
    """A browser at an app below a path.

    Args:
        mount: the public path of the app, such as ``/app``.
        routes: the public path of the routes. Default: ``/auth`` below ``mount``.
    """

    mount: str = ""
    routes: str = ""

    def at(self, path: str) -> str:
        """The public path of one that a test writes as if the app were at the root."""
        if path.startswith("/auth/"):
            return (self.routes or f"{self.mount}/auth") + path.removeprefix("/auth")
        return self.mount + path

    def fetch(self, method: str, path: str, value: object = None, **headers: str) -> Answer:
        return super().fetch(method, self.at(path), value, **headers)

    def submit(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        return super().submit(self.at(path), fields, **headers)

    def me(self) -> Answer:
        return self.request("GET", f"{self.mount}/api/me")


def live(browser: MountedBrowser, provider: Provider, handle: str = "ada") -> None:
    """Sign in and out, by the addresses that the app writes."""
    routes = browser.at("/auth/")
    module = browser.request("GET", f"{routes}client.js")
    assert (module.status, module.header("content-type")) == (200, "text/javascript; charset=utf-8"), module.text[:500]
    assert browser.me().status == 401
    begun = browser.begin()
    assert begun.answer.status == 200, begun.answer.text
    callback = provider.approve(begun.token, handle)
    assert urldefrag(callback.partition("?")[0]).url == f"{browser.base}{routes}twitter"
    landed = browser.visit(callback)
    assert landed.status == 303, landed.text
    done_at = urlsplit(landed.header("location") or "")
    assert done_at.path == f"{routes}twitter/done"
    assert all("; Path=/;" in cookie for cookie in landed.all("set-cookie"))
    done = browser.visit(landed.header("location") or "")
    assert done.status == 200
    addresses = re.findall(r'(?:src|href|action)="([^"]+)"', done.text)
    assert [one for one in addresses if not urlsplit(urljoin(done.url, one)).path.startswith(f"{browser.mount}/")] == []
    assert browser.me().json()["identities"][0]["handle"] == handle
    assert browser.account()["identities"][0]["handle"] == handle
    assert browser.sign_out().status == 204
    assert browser.me().status == 401
    failed = browser.visit(f"{routes}twitter?denied={browser.begin().token}")
    assert failed.header("location") == f"{routes}twitter/failed?code=denied#"
    # In the same tab, and to no page in particular: to the app's own first page.
    same_tab = browser.visit(provider.approve(browser.begin(mode="page").token, handle))
    assert same_tab.header("location") == f"{browser.mount}/#"
    denied = browser.visit(f"{routes}twitter?denied={browser.begin(mode='page').token}")
    assert f'href="{browser.mount}/"' in browser.visit(denied.header("location") or "").text


@contextmanager
def taking_away(path: str, port: int, app_port: int, *, says: bool) -> Iterator[str]:
    """A proxy that takes a path away from what it passes on, as ``proxy_pass http://app/;`` of nginx does.

    Args:
        path: the path, such as ``/app``. The proxy answers 404 to what is not below it.
        port: where it listens.
        app_port: where the app listens.
        says: whether it sends ``X-Forwarded-Prefix``.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with suppress(ConnectionError):  # the browser has gone
                super().handle()

        def _pass_on(self) -> None:
            if not self.path.startswith(f"{path}/"):
                self._answer(404, {"Content-Length": "5"}, b"proxy")
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection("127.0.0.1", app_port, timeout=15)
            headers = {**dict(self.headers.items()), **({"X-Forwarded-Prefix": path} if says else {})}
            try:
                connection.request(self.command, self.path.removeprefix(path), body=body or None, headers=headers)
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):  # the app has stopped, or stops
                self._answer(502, {"Content-Length": "5"}, b"proxy")
                return
            finally:
                connection.close()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _OF_A_CONNECTION]
            self._answer(answer.status, kept, content)

        def _answer(self, status: int, headers: Mapping[str, str] | list[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items() if isinstance(headers, Mapping) else headers:
                self.send_header(name, value)
            if isinstance(headers, list) and status not in (204, 304):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_DELETE = do_OPTIONS = _pass_on

        def log_message(self, format: str, *args: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.shutdown()
            thread.join()


_OF_A_CONNECTION = {"content-length", "transfer-encoding", "connection", "keep-alive"}
