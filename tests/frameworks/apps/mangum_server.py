"""``-m mangum_server PORT module:app [BASE_PATH]``: an API gateway that is played. It makes an event of each request,
and an answer of what mangum returns.

As in a serverless function, one request at a time is answered, always in the same thread and its event loop, and
nothing runs between two of them.
"""

import asyncio
import base64
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import Any

from mangum import Mangum


def event_of(request: BaseHTTPRequestHandler) -> Any:
    """A request, in version 2.0 of the gateway's format."""
    path, _, query = request.path.partition("?")
    body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
    headers = {name.lower(): value for name, value in request.headers.items()}
    http = {"method": request.command, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "cookies": [one.strip() for one in headers.pop("cookie", "").split(";") if one.strip()],
        "headers": headers,
        "requestContext": {"http": http, "stage": "$default"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


class Gateway(BaseHTTPRequestHandler):
    def handle(self) -> None:
        with suppress(ConnectionError):  # the browser has gone
            super().handle()

    def answer(self) -> None:
        found = one_at_a_time.submit(handler, event_of(self), None).result()
        body = found.get("body") or ""
        content = base64.b64decode(body) if found.get("isBase64Encoded") else body.encode()
        self.send_response(found["statusCode"])
        for name, value in found["headers"].items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        for cookie in found.get("cookies", []):
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_DELETE = do_OPTIONS = answer

    def log_message(self, format: str, *args: Any) -> None: ...


if __name__ == "__main__":
    _, port, name, *base_path = sys.argv
    sys.path.insert(0, "")
    module, _, attribute = name.partition(":")
    one_at_a_time = ThreadPoolExecutor(1, initializer=lambda: asyncio.set_event_loop(asyncio.new_event_loop()))
    options: Any = {"api_gateway_base_path": base_path[0]} if base_path else {}
    handler: Any = Mangum(getattr(import_module(module), attribute), lifespan="off", **options)
    ThreadingHTTPServer(("127.0.0.1", int(port)), Gateway).serve_forever()
