"""Many browsers and their provider, in the event loop of ``load.py``."""

from __future__ import annotations

import asyncio
import re
import time
from itertools import count
from secrets import token_urlsafe
from typing import Any


class Provider(asyncio.Protocol):
    """Grants everything, after ``seconds``; or never. A user is the number of the login."""

    seconds: float | None = 0.0  # None: it hangs
    pending = most = 0
    numbers = count(1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, ended, _ = self.received.partition(b"\r\n\r\n")
        if not ended:
            return
        self.received = b""
        Provider.pending += 1
        Provider.most = max(Provider.most, Provider.pending)
        if self.seconds is not None:
            asyncio.get_running_loop().call_later(self.seconds, self.answer, head.decode())

    def answer(self, head: str) -> None:
        Provider.pending -= 1
        if "/oauth/request_token" in head.partition("\r\n")[0]:
            number = next(self.numbers)
            body = f"oauth_token=t{number}&oauth_token_secret=s&oauth_callback_confirmed=true"
        else:
            (number_,) = re.findall(r'oauth_token="t(\d+)"', head)
            body = f"oauth_token=a&oauth_token_secret=s&user_id={number_}&screen_name=user{number_}"
        kind = "Content-Type: text/html"
        self.transport.write(f"HTTP/1.1 200 OK\r\n{kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    def connection_lost(self, exc: Exception | None) -> None:
        if self.seconds is None:
            Provider.pending = 0


async def request(port: int, line: str, headers: dict[str, str], body: str = "") -> tuple[int, dict[str, str], float]:
    """One request on a connection of its own: the status, the headers, and the seconds that it took."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    text = f"{line} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{lines}"
    writer.write(f"{text}\r\n{body}".encode())
    head, _, _ = (await reader.read()).decode("latin-1").partition("\r\n\r\n")
    writer.close()
    status, *others = head.split("\r\n")
    pairs = (one.partition(": ") for one in others)
    return int(status.split(" ")[1]), {name.lower(): value for name, _, value in pairs}, time.monotonic() - began


async def start(port: int) -> tuple[int, str, str, float]:
    """The status, the request token, the login's cookie, and the seconds that it took."""
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{port}"}
    form["Accept"] = "text/html"
    body = f"login={token_urlsafe(16)}&mode=popup"
    status, headers, seconds = await request(port, "POST /auth/twitter", form, body)
    token = headers.get("refresh", "").partition("oauth_token=")[2].partition("&")[0]
    return status, token, headers.get("set-cookie", "").partition(";")[0], seconds


async def come_back(port: int, token: str, cookie: str) -> tuple[str, str, float]:
    """Where the callback leads, the session's cookie, and the seconds that it took."""
    headers = {"Cookie": cookie, "Accept": "text/html"}
    line = f"GET /auth/twitter?oauth_token={token}&oauth_verifier=v"
    _, answered, seconds = await request(port, line, headers)
    return answered.get("location", ""), answered.get("set-cookie", "").partition(";")[0], seconds


async def paced(rate: float, work: list[Any]) -> list[Any]:
    """Begin so many a second, and wait for all."""
    began, tasks = time.monotonic(), []
    for number, one in enumerate(work):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        tasks.append(asyncio.ensure_future(one))
    return list(await asyncio.gather(*tasks))
