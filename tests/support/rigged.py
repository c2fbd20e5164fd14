"""An app in this process whose pages and answers a test chooses: what a browser lacks, what stands in front of the
backend, and how late it answers. It counts the requests that arrive."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import parse_qs

from valetkey import Secret
from valetkey.providers.twitter import twitter
from valetkey.settings import Settings
from valetkey.web.pages import relay_page

from .servers import SECRET, Provider, free_port
from .wsgi import App, serving

# What a page runs before the module. `warned` has what the module wrote to the console, `faults` what was thrown.
ALWAYS = """window.warned = []; window.faults = []; window.later = setInterval;
const warn = console.warn; console.warn = (...words) => { warned.push(words.join(" ")); warn(...words) };
addEventListener("error", ({ message }) => faults.push(message));
addEventListener("unhandledrejection", ({ reason }) => faults.push(String(reason)));"""
BEFORE = {
    # `skip(ms)` lets the time pass: timers of at least ten seconds wait for it, shorter ones for the real clock.
    "clock": """const now = Date.now, later = setTimeout, clear = clearTimeout, held = new Map();
let shift = 0, last = 1e9;
Date.now = () => now() + shift;
window.setTimeout = (run, ms = 0, ...rest) => {
  if (ms < 10000) return later(run, ms, ...rest);
  held.set(++last, { at: Date.now() + ms, run });
  return last;
};
window.clearTimeout = (id) => { held.delete(id); clear(id) };
window.skip = (ms) => {
  shift += ms;
  for (const [id, { at, run }] of [...held]) if (at <= Date.now()) { held.delete(id); run() }
};""",
    # Time stands still, but for `pass(seconds)`. `asks` has when the page asked for its login. `answer` answers those.
    "steered": """let time = Date.now(), last = 0; const ticks = new Map(), real = fetch;
Date.now = () => time;
window.setInterval = (run) => { ticks.set(++last, run); return last };
window.clearInterval = (id) => ticks.delete(id);
window.asks = []; window.answer = undefined; window.pending = 0;
window.fetch = async (url, how) => {
  if (how?.method !== "POST" || !String(url).endsWith("/session")) return real(url, how);
  asks.push(time);
  if (answer) return new Response(...answer);
  pending++;
  try { // an answer is over with its last octet: time stands still until then
    const found = await real(url, how);
    return new Response(await found.text() || null, { status: found.status, headers: found.headers });
  } finally { pending-- }
};
const task = () => new Promise((done) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = done;
  port2.postMessage(0) });
window.pass = async (seconds) => {
  for (let quarters = seconds * 4; quarters > 0; quarters--) {
    time += 250;
    for (const run of [...ticks.values()]) run();
    for (let tasks = 0; tasks < 5; tasks++) await task();
    while (pending) await task();
  }
  window.passed = (window.passed ?? 0) + seconds;
};""",
    "no uuid": "delete Crypto.prototype.randomUUID; delete crypto.randomUUID;",
    "no subtle": "Object.defineProperty(crypto, 'subtle', { value: undefined });",
    "no random": "crypto.getRandomValues = () => { throw new Error('no randomness here') };",
    "no storage": """for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, {
  get() { throw new DOMException("The operation is insecure.", "SecurityError") } });
window.BroadcastChannel = class { constructor() { throw new DOMException("Insecure.", "SecurityError") } };""",
    # Nothing listens at the address that every request goes to from then on.
    "offline": """const real = fetch; window.tried = 0;
window.goOffline = () => { window.fetch = (url, how) => { tried++; return real("http://127.0.0.1:1/", how) } };""",
    "no window": "window.open = () => null;",
    "open throws": "window.open = () => { throw new Error('no windows here') };",
    "open is the page": "window.open = () => window;",
    "submit throws": "HTMLFormElement.prototype.submit = () => { throw new Error('no forms here') };",
}
PAGE = """<!doctype html><html lang=en><title>app</title><link rel=icon href=data:,><script>{before}</script>
<style>#go {{ position: fixed; inset: 0; width: 100%; height: 100% }} sign-in-button {{ position: fixed; left: 0 }}
</style><button id=go>Go</button><p id=who></p>
<script type=module>
import * as valetkey from "{module}";
window.valetkey = valetkey;
window.options = {options};
valetkey.onSession((session) => {{ window.found = session?.account.identities[0].handle ?? null }});
if (parent !== window) {{
  const told = () => ({{
    settled: window.settled ?? null, states: window.states ?? [], begun: window.begun ?? 0, warned, faults,
    seen: seen(),
  }});
  const seen = () => {{ try {{ return localStorage.seen ?? null }} catch {{ return null }} }};
  later(() => parent.postMessage(told(), "*"), 50);
  addEventListener("message", ({{ data }}) => data?.run && (0, eval)(data.run));
}}
go.onclick = () => begin(options);
window.begin = ({{ provider = "twitter", ...options }}) => {{
  window.states = []; window.settled = undefined; window.begun = (window.begun ?? 0) + 1;
  try {{
    valetkey.signIn(provider, {{
      onState: (state, controls) => {{ states.push(state); window.controls = controls }}, ...options,
    }}).then(({{ account }}) => {{ settled = {{ handle: account.identities[0].handle }} }}, (error) => {{
      settled = {{ name: error.name, code: error.code, message: error.message, hint: error.hint, url: error.url,
        ours: error instanceof valetkey.SignInError }};
    }});
  }} catch (error) {{ settled = {{ threw: String(error) }} }}
}};
</script>{more}"""
FRAME = """<!doctype html><html lang=en><title>outer</title>
<script>addEventListener("message", ({{ data }}) => {{ if (data?.states) window.inner = data }})</script>
<iframe id=frame width=500 height=500 src="{address}"></iframe>"""


@dataclass
class Answer:
    """What is answered in place of the backend."""

    status: str
    body: str = "<h1>Something else</h1>"
    kind: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)


class Rigged(App):
    """``/?before=NAME`` runs a script of ``BEFORE`` first. ``csp`` is the page's policy, ``module`` the module's
    address, ``options`` are those of the sign-in, ``button`` adds the element. ``/frame?of=ADDRESS`` has a page in a
    frame, and ``inner`` is what that page says of itself.

    Attributes:
        answers: by method and path, what is answered instead.
        seconds: by method and path, how late the backend answers.
        held: by method and path, what the backend waits for before it answers.
        asked: method and path of each request.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.relay = relay_page(f"{settings.public_origin}{settings.public_prefix}")
        self.answers: dict[str, Answer] = {}
        self.seconds: dict[str, float] = {}
        self.held: dict[str, Event] = {}
        self.asked: list[str] = []

    def reset(self) -> None:
        for event in self.held.values():
            event.set()
        self.answers, self.seconds, self.held = {}, {}, {}
        self.asked.clear()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        asked = f"{environ['REQUEST_METHOD']} {path}"
        self.asked.append(asked)
        time.sleep(self.seconds.get(asked, 0))
        if event := self.held.get(asked):
            event.wait(30)
        if answer := self.answers.get(asked):
            start_response(answer.status, [("Content-Type", answer.kind), *answer.headers.items()])
            return [answer.body.encode()]
        if path.startswith(("/auth/", "/api/")):
            return super().__call__(environ, start_response)
        if path == "/relay.html":
            start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
            return [self.relay.encode()]
        query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        headers = [("Content-Type", "text/html; charset=utf-8")]
        if "csp" in query:
            headers.append(("Content-Security-Policy", query["csp"]))
        start_response("200 OK", headers)
        return [_page(path, query).encode()]


def _page(path: str, query: dict[str, str]) -> str:
    if path == "/frame":
        return FRAME.format(address=escape(query["of"]))
    before = "\n".join([ALWAYS, *(f"{{ {BEFORE[name]} }}" for name in query.get("before", "").split(",") if name)])
    more = "<sign-in-button provider=twitter></sign-in-button>" if "button" in query else ""
    options = query.get("options", "{}")
    return PAGE.format(before=before, module=query.get("module", "/auth/client.js"), options=options, more=more)


@dataclass
class Rig:
    """A rigged app, where it is, its database, and the provider that plays X for it."""

    app: Rigged
    base: str
    database: Path
    provider: Provider

    def reset(self) -> None:
        self.app.reset()
        self.provider.reset()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database, timeout=10)) as database, database:
            return database.execute(sql).fetchall()


@contextmanager
def rigged(directory: Path, **settings: Any) -> Iterator[Rig]:
    """
    Args:
        settings: further ones. ``LOCALHOST`` and ``LOOPBACK`` (127.0.0.1) stand for the app's origin under that
            name.
    """
    port = free_port()
    base, database = f"http://127.0.0.1:{port}", directory / "app.db"
    callback = f"{base}/auth/twitter"
    provider = Provider(callback)
    names = {"LOCALHOST": base.replace("127.0.0.1", "localhost"), "LOOPBACK": base}
    text = json.dumps(settings)
    for name, origin in names.items():
        text = text.replace(name, origin)
    further = json.loads(text)
    app = Rigged(
        Settings(
            callbacks={"twitter": (callback,)},
            secrets=(Secret(SECRET),),
            providers=(twitter(key=provider.key, secret=Secret(provider.secret), base=provider.origin),),
            database=f"sqlite:///{database}",
            **further,
        )
    )
    try:
        with serving(app, port):
            yield Rig(app, base, database, provider)
    finally:
        app.blocking.close()
        provider.stop()
