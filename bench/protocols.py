"""CPU-ms per login by protocol: OAuth 1.0a beside OpenID Connect, whose ID token is verified. Part of ``./run bench``.

The app has one core. The provider and the browsers are in this process, on the other core, and do not count. Each login
is a start, a callback and one request to the provider (two in OAuth 1.0a), by one of 500 known users.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256
from processes import cpu_seconds, free_port, up

HERE = Path(__file__).parent
ROWS = {
    "OAuth 1.0a": ("twitter", ""),
    "OpenID Connect, RS256": ("acme", "RS256"),
    "OpenID Connect, ES256": ("acme", "ES256"),
}
USERS = 500
BROWSERS = 16


def base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


class Signer:
    """Signs ID tokens with a key of its own."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())

    def keys(self) -> dict[str, object]:
        if self.algorithm == "RS256":
            numbers = self.rsa.public_key().public_numbers()
            members = {"kty": "RSA", "n": base64url(numbers.n.to_bytes(256)), "e": base64url(numbers.e.to_bytes(3))}
        else:
            point = self.ec.public_key().public_numbers()
            x, y = (base64url(one.to_bytes(32)) for one in (point.x, point.y))
            members = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        return {"keys": [{"kid": "one", "use": "sig", "alg": self.algorithm, **members}]}

    def token(self, claims: dict[str, object]) -> str:
        head = {"alg": self.algorithm, "kid": "one", "typ": "JWT"}
        text = ".".join(base64url(json.dumps(one).encode()) for one in (head, claims))
        if self.algorithm == "RS256":
            signature = self.rsa.sign(text.encode(), padding.PKCS1v15(), SHA256())
        else:
            r, s = utils.decode_dss_signature(self.ec.sign(text.encode(), ec.ECDSA(SHA256())))
            signature = r.to_bytes(32) + s.to_bytes(32)
        return f"{text}.{base64url(signature)}"


class Provider(asyncio.Protocol):
    """Grants everything. A code is the nonce that it was issued for, so that nothing has to be remembered."""

    signer: Signer
    origin: str
    counted = itertools.count(1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.received = b""

    def data_received(self, data: bytes) -> None:
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, rest = self.received.partition(b"\r\n\r\n")
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            length = int(lengths[0].partition(b":")[2]) if lengths else 0
            if len(rest) < length:
                return
            self.received = rest[length:]
            kind, body = self.answer(head.split(b" ", 2)[1].decode(), rest[:length].decode())
            date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
            head_out = f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}"
            self.transport.write(f"{head_out}\r\n\r\n{body}".encode())

    def answer(self, path: str, body: str) -> tuple[str, str]:
        number = next(self.counted)
        user = 1 + number % USERS
        if path == "/oauth/request_token":
            return "text/html", f"oauth_token=t{number}&oauth_token_secret=s&oauth_callback_confirmed=true"
        if path == "/oauth/access_token":
            return "text/html", f"oauth_token=a&oauth_token_secret=s&user_id={user}&screen_name=user{user}"
        if path == "/keys":
            return "application/json", json.dumps(self.signer.keys())
        if path == "/token":
            now = int(time.time())
            nonce = parse_qs(body)["code"][0]
            claims: dict[str, object] = {
                "iss": self.origin, "aud": "ck", "sub": str(user), "iat": now, "exp": now + 300, "nonce": nonce,
                "name": f"User {user}", "preferred_username": f"user{user}",
                "email": f"user{user}@example.com", "email_verified": True,
            }  # fmt: skip
            granted = {"access_token": "a", "token_type": "Bearer", "expires_in": 300}
            return "application/json", json.dumps({**granted, "id_token": self.signer.token(claims)})
        return "application/json", json.dumps({
            "issuer": self.origin, "authorization_endpoint": f"{self.origin}/authorize",
            "token_endpoint": f"{self.origin}/token", "jwks_uri": f"{self.origin}/keys",
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.signer.algorithm],
        })  # fmt: skip


async def request(port: int, method: str, path: str, headers: dict[str, str], body: str = "") -> tuple[int, str]:
    """One request on a connection of its own, as a browser's first one is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    text = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{lines}"
    writer.write(f"{text}Content-Length: {len(body)}\r\n\r\n{body}".encode())
    answer = (await reader.read()).decode("latin-1")
    writer.close()
    return int(answer.split(" ", 2)[1]), answer.partition("\r\n\r\n")[0]


def header(head: str, name: str) -> list[str]:
    lines = (line.partition(": ") for line in head.split("\r\n"))
    return [value for found, _, value in lines if found.lower() == name]


async def login(port: int, provider: str) -> bool:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{port}"}
    login_id = base64url(hashlib.sha256(random.randbytes(16)).digest())[:22]
    status, head = await request(port, "POST", f"/auth/{provider}", form, f"login={login_id}&mode=popup")
    if status != 200:
        return False
    sent = {name: values[0] for name, values in parse_qs(urlsplit(header(head, "refresh")[0]).query).items()}
    cookies = "; ".join(one.partition(";")[0] for one in header(head, "set-cookie"))
    if provider == "acme":
        query = f"code={sent['nonce']}&state={sent['state']}"
    else:
        query = f"oauth_token={sent['oauth_token']}&oauth_verifier=v"
    status, head = await request(port, "GET", f"/auth/{provider}?{query}", {"Cookie": cookies, "Accept": "text/html"})
    return status == 303 and "/done?" in header(head, "location")[0]


async def load(port: int, provider: str, seconds: float) -> tuple[int, int]:
    """As many logins as there is time for: how many landed, and how many did not."""
    until = time.monotonic() + seconds
    landed = failed = 0

    async def browser() -> None:
        nonlocal landed, failed
        while time.monotonic() < until:
            if await login(port, provider):
                landed += 1
            else:
                failed += 1

    await asyncio.gather(*(browser() for _ in range(BROWSERS)))
    return landed, failed


async def measure(reps: int, seconds: float, directory: Path) -> int:
    os.sched_setaffinity(0, {1})
    loop = asyncio.get_running_loop()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SSL_", "REQUESTS_"))}
    running, ports, servers = [], {}, []
    measured: dict[str, list[float]] = {name: [] for name in ROWS}
    failures = 0
    try:
        for name, (provider, algorithm) in ROWS.items():
            origin = f"http://127.0.0.1:{free_port()}"
            kind = type("Playing", (Provider,), {"signer": Signer(algorithm or "RS256"), "origin": origin})
            servers.append(await loop.create_server(kind, "127.0.0.1", urlsplit(origin).port))
            port = free_port()
            env = {
                **clean, "PYTHONPATH": str(HERE), "PROVIDER": origin, "PORT": str(port), "WITH": provider,
                "DB": str(directory / f"{port}.db"),
            }  # fmt: skip
            command = ["taskset", "-c", "0", sys.executable, "-m", "uvicorn", "--loop", "uvloop", "--http", "httptools"]
            command += ["--no-access-log", "--log-level", "error", "--port", str(port), "ours:app"]
            server = await asyncio.create_subprocess_exec(*command, env=env)
            running.append(server)
            await asyncio.to_thread(up, port)
            ports[name] = (port, server.pid, provider)
            await load(port, provider, 1.5)  # warm, and the users exist
        for _ in range(reps):
            for name in random.sample(list(ROWS), len(ROWS)):
                port, pid, provider = ports[name]
                before = cpu_seconds(pid)
                landed, failed = await load(port, provider, seconds)
                measured[name].append((cpu_seconds(pid) - before) * 1e3 / max(landed, 1))
                failures += failed
    finally:
        for server in running:
            server.kill()
            await server.wait()
        for one in servers:
            one.close()
    first = statistics.median(measured[next(iter(ROWS))])
    print(f"{'':28} CPU-ms/login  lowest-highest  ratio")
    for name, values in measured.items():
        middle = statistics.median(values)
        print(f"{name:28} {middle:12.3f}  {min(values):.3f}-{max(values):.3f}     {middle / first:.2f}")
    print(f"failed logins: {failures}")
    return 1 if failures else 0


def main(reps: int = 7, seconds: float = 1.5) -> int:
    directory = Path(tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None))
    try:
        return asyncio.run(measure(reps, seconds, directory))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
