"""Browsers that sign in at valetkey, and requests that show their sessions."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import random
import re
import socket
import string
import time
from collections.abc import Callable

CONNECTIONS = 4
SIXTY_FOUR = string.ascii_letters + string.digits + "-_"


async def asked(port: int, method: str, path: str, headers: dict[str, str], body: str = "") -> tuple[str, list[str]]:
    """One request on a connection of its own: the head of the answer, and the cookies that it sets."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    text = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{lines}"
    writer.write(f"{text}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    head = (await reader.read()).decode("latin-1").partition("\r\n\r\n")[0]
    writer.close()
    return head, re.findall(r"(?im)^set-cookie: ([^;\r]+)", head)


async def signed_in(port: int, user: int) -> str:
    """The ``Cookie`` header of a browser in which ``user`` has signed in by OAuth 1.0a."""
    login = "".join(random.choices(SIXTY_FOUR, k=22))
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{port}"}
    head, cookies = await asked(port, "POST", "/auth/twitter", form, f"login={login}&mode=popup")
    token = re.search(r"oauth_token=([\w-]+)", head)
    if token is None:
        raise RuntimeError(f"a login did not begin: {head}")
    query = f"oauth_token={token[1]}&oauth_verifier=v{user}"
    jar = {"Cookie": "; ".join(cookies), "Accept": "text/html"}
    head, cookies = await asked(port, "GET", f"/auth/twitter?{query}", jar)
    kept = [one for one in cookies if not one.endswith("=")]
    if not kept:
        raise RuntimeError(f"a login did not end: {head}")
    return f"Cookie: {'; '.join(kept)}"


def sessions_of_valetkey(port: int, count: int) -> list[str]:
    async def all_of_them() -> list[str]:
        few = asyncio.Semaphore(8)

        async def one(user: int) -> str:
            async with few:
                return await signed_in(port, user)

        return list(await asyncio.gather(*map(one, range(1, count + 1))))

    return asyncio.run(all_of_them())


def sessions_of_another(port: int, count: int) -> list[str]:
    """Sessions that ``/session/N`` opens: in cookies, or in the header that the answer names."""
    opened = []
    for user in range(1, count + 1):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", f"/session/{user}")
        reply = connection.getresponse()
        body = reply.read()
        cookies = [value.partition(";")[0] for name, value in reply.getheaders() if name.lower() == "set-cookie"]
        opened.append(
            f"Cookie: {'; '.join(cookies)}" if cookies else f"Authorization: {json.loads(body)['authorization']}"
        )
        connection.close()
    return opened


def requests(port: int, sessions: list[str], enough: Callable[[int], bool]) -> int:
    """Ask for ``/me`` over kept connections, each session in turn, until it is enough. All are answered with 200.

    It never sleeps, so that no answer has to wake it: the server would pay for that.
    """
    texts = [f"GET /me HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{session}\r\n\r\n".encode() for session in sessions]
    turns = itertools.cycle(texts)
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    answered, waiting = 0, dict.fromkeys(lines, b"")
    try:
        for line in lines:
            line.setblocking(False)
            line.send(next(turns))
        while waiting:
            for line in list(waiting):
                try:
                    got = line.recv(65536)
                except BlockingIOError:
                    continue
                answer = waiting[line] + got
                if not got or b" 200 " not in answer[:16]:
                    raise RuntimeError(f"/me answered {answer!r}")
                if b'"handle"' not in answer or b"}" not in answer[-2:]:
                    waiting[line] = answer
                    continue
                answered += 1
                if enough(answered):
                    del waiting[line]
                else:
                    waiting[line] = b""
                    line.send(next(turns))
    finally:
        for line in lines:
            line.close()
    return answered


def is_refused(port: int) -> bool:
    """Whether a request without a session is turned away."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/me")
    status = connection.getresponse().status
    connection.close()
    return status in (401, 403)


def for_seconds(seconds: float) -> Callable[[int], bool]:
    until = time.monotonic() + seconds
    return lambda answered: time.monotonic() >= until
