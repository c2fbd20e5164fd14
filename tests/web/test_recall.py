"""What most requests need, without a coroutine, a lock or a query: it is what a closer look finds, or nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from support.octets import OCTETS, PLACES, header
from support.servers import SECRET

from valetkey import Account, Secret, Session, Settings
from valetkey.crypto.keys import Keys
from valetkey.errors import ForeignOrigin
from valetkey.frameworks import asgi
from valetkey.frameworks.wsgi import incoming_from
from valetkey.http_client.runner import ThreadRunner
from valetkey.providers.twitter import twitter
from valetkey.sessions import cache as cache_module
from valetkey.sessions.cache import (
    CACHED_SECONDS,
    DRIFT_SECONDS,
    FRESH_SECONDS,
    GAP_SECONDS,
    SETTLED_SECONDS,
    SessionCache,
)
from valetkey.sessions.service import SessionService
from valetkey.sessions.tokens import SessionTokens
from valetkey.storage.base import Cutoff, Revocations
from valetkey.web.cookies import CookieNames
from valetkey.web.guard import Guard
from valetkey.web.origins import Origins

NAME = "__Host-valetkey-session"
NOW = 1_000_000.0
RUNNER = ThreadRunner()


def session(number: int) -> Session:
    account = Account(id=f"account-{number}", name=None, picture=None)
    return Session(id=f"session-{number}", account=account, login_id="l", opened_at=NOW - 9, expires_at=NOW + 9)


MINE, THEIRS = session(1), session(2)


class NoStore:
    """The database is asked for nothing here."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(name)


@pytest.fixture(scope="module")
def guard() -> Guard:
    """Of a process that has seen two sessions: m.m is the victim's, and t.t the attacker's."""
    cache = SessionCache(monotonic=lambda: 0.0)
    cache.learn(Revocations(now=NOW, sessions=frozenset(), cutoffs={}), 0.0)
    cache.remember("m.m", MINE, NOW, cache.generation)
    cache.remember("t.t", THEIRS, NOW, cache.generation)
    settings = Settings(
        callbacks={"twitter": ("https://app.example/auth/twitter",)},
        secrets=(Secret(SECRET),),
        providers=(twitter(key="key", secret=Secret("secret")),),
    )
    tokens = SessionTokens(Keys(settings.secrets), settings.public_origin)
    sessions = SessionService(store=NoStore(), tokens=tokens, runner=RUNNER, cache=cache)  # type: ignore[arg-type]
    return Guard(sessions=sessions, names=CookieNames(secure=True), origins=Origins(settings))


class WithoutTickets:
    async def redeem(self, offered: object) -> None: ...


def endpoints_with(guard: Guard, *, watches: bool = False) -> Any:
    startup = SimpleNamespace(watches_sessions=watches)
    return SimpleNamespace(startup=startup, guard=guard, websockets=WithoutTickets())


def seen_by_asgi(guard: Guard, scope: dict[str, Any]) -> Session | None:
    return asgi.recaller(endpoints_with(guard))(scope)


def closely_by_asgi(guard: Guard, scope: dict[str, Any]) -> Session | None:
    return asyncio.run(asgi.session_of(endpoints_with(guard), scope))


def environ_of(scope: dict[str, Any]) -> dict[str, Any]:
    """As a WSGI server makes it: several headers of a name are joined by a comma."""
    environ = {"REQUEST_METHOD": scope.get("method", "WEBSOCKET")}
    for name, value in scope["headers"]:
        key, text = f"HTTP_{name.decode().upper()}", value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def seen_by_wsgi(guard: Guard, scope: dict[str, Any]) -> Session | None:
    environ = environ_of(scope)
    return guard.recall(environ["REQUEST_METHOD"], environ.get("HTTP_AUTHORIZATION"), environ.get("HTTP_COOKIE"))


def closely_by_wsgi(guard: Guard, scope: dict[str, Any]) -> Session | None:
    environ = environ_of(scope)
    cookies = [environ["HTTP_COOKIE"]] if "HTTP_COOKIE" in environ else []
    asked = guard.session(
        environ["REQUEST_METHOD"], environ.get("HTTP_AUTHORIZATION"), cookies, lambda: incoming_from(environ, "")
    )
    return RUNNER.run(asked)


Look = Callable[[Guard, dict[str, Any]], Session | None]
INTERFACES = pytest.mark.parametrize(
    ("seen", "closely"), [(seen_by_asgi, closely_by_asgi), (seen_by_wsgi, closely_by_wsgi)], ids=["asgi", "wsgi"]
)


def scope_with(*cookies: bytes, authorizations: tuple[bytes, ...] = (), method: str | None = "GET") -> dict[str, Any]:
    headers = [(b"host", b"app.example"), *((b"cookie", one) for one in cookies)]
    headers += [(b"authorization", one) for one in authorizations]
    kind = {"type": "websocket"} if method is None else {"type": "http", "method": method}
    return {**kind, "path": "/", "query_string": b"", "headers": headers}


def of(*cookies: str) -> list[bytes]:
    return [one.replace("NAME", NAME).encode("latin-1") for one in cookies]


USUAL = [
    (of("NAME=m.m"), ()),
    (of("NAME=m.m; x=1"), ()),
    (of("x=1; NAME=m.m"), ()),
    (of("x=1; y=2; NAME=m.m; z=3"), ()),
    (of("valetkey-session=t.t; NAME=m.m"), ()),
    ([], (b"Bearer m.m",)),
    (of("NAME=t.t"), (b"Bearer m.m",)),
]


@INTERFACES
def test_the_usual_forms_are_recalled(guard: Guard, seen: Look, closely: Look) -> None:
    for cookies, authorizations in USUAL:
        scope = scope_with(*cookies, authorizations=authorizations)
        assert seen(guard, scope) is MINE, scope
        assert seen(guard, scope) is MINE, scope  # now also by the whole header
        assert closely(guard, scope) is MINE, scope


UNUSUAL = [
    *(of(f"NAME=m.m{between}NAME=t.t") for between in ("; ", ";", ",", ", ", " ", "; x=1; ", ";;", "; ;")),
    *(of(one) for one in ("x=1 NAME=m.m", "x=1;  NAME=m.m", "x=1;\tNAME=m.m", "x=1,; NAME=m.m")),
    *(of(one) for one in ("x=NAME=m.m", "xNAME=m.m", "x; NAME=m.m", "x=1;NAME=m.m", ";NAME=m.m", "; NAME=m.m")),
    *(of(one) for one in ("NAME=m.m;", "NAME=m.m; ", "NAME=", "NAME", "NAME=m.m=", '"NAME=m.m"', "NAME =m.m", "")),
    *(of(one) for one in ("NAME=m.mé", "é; NAME=m.m", "NAME=m.m, NAME=t.t; x=1", "NAME=x, NAME=m.m", "y=1,NAME=m.m")),
    *(of(one) for one in ("x=1; x-NAME=t.t; NAME=m.m", "x=1; NAME=m.m; x-NAME=t.t", "name=m.m".upper())),
    of("NAME=m.m", "NAME=t.t"),
    of("NAME=m.m", "x=1"),
    of("x=1", "NAME=m.m"),
]
AUTHORIZATIONS: list[tuple[bytes, ...]] = [
    *((one,) for one in (b"Bearer t.t", b"bearer t.t", b"Bearer  t.t", b"Bearer t.t ", b"Bearer", b"Bearer ")),
    *(
        (one,)
        for one in (
            b"Digest m.m",
            b"OAuth2 m.m",
            b"Bearer\tm.m",
            b"Bearer null",
            b"Bearer x",
            b"Basic eDp5",
            b"Bearer m.m, Bearer t.t",
            b"Bearer m.m t.t",
            b"",
        )
    ),
    (b"Bearer m.m", b"Bearer t.t"),
    (b"Basic eDp5", b"Bearer t.t"),
]


@INTERFACES
def test_nothing_else_is_recalled_than_a_closer_look_finds(guard: Guard, seen: Look, closely: Look) -> None:
    """Two cookies of one name, a bearer token beside a cookie, two bearer tokens; and by every method."""
    for method in ("GET", "HEAD", "OPTIONS", "POST", "DELETE", "get", None):
        for cookies in [*UNUSUAL, *(usual for usual, _ in USUAL)]:
            for authorizations in ((), *AUTHORIZATIONS):
                scope = scope_with(*cookies, authorizations=authorizations, method=method)
                found = seen(guard, scope)
                assert seen(guard, scope) is found, scope
                if found is not None:
                    assert closely(guard, scope) is found, scope


@INTERFACES
def test_two_of_a_kind_are_none(guard: Guard, seen: Look, closely: Look) -> None:
    """Of two cookies of one name, or of two bearer tokens, neither counts, in whichever order."""
    for one, other in (("m.m", "t.t"), ("t.t", "m.m"), ("m.m", "m.m"), ("m.m", ""), ("", "m.m")):
        twice = [
            of(f"NAME={one}; NAME={other}"),
            of(f"x=1; NAME={one}; y=2; NAME={other}"),
            of(f"NAME={one};NAME={other}"),
        ]
        for cookies in (*twice, of(f"NAME={one}", f"NAME={other}"), of(f"NAME={one}", f"x=1; NAME={other}")):
            if len(cookies) == 1 or closely is closely_by_asgi:  # WSGI joins two headers: the second is in the first
                assert (seen(guard, scope_with(*cookies)), closely(guard, scope_with(*cookies))) == (None, None)
        bearers = scope_with(authorizations=(f"Bearer {one}".encode(), f"Bearer {other}".encode()))
        assert (seen(guard, bearers), closely(guard, bearers)) == (None, None)


@INTERFACES
def test_every_octet_beside_a_cookie(guard: Guard, seen: Look, closely: Look) -> None:
    for place in PLACES:
        for octet in OCTETS:
            scope = scope_with(header(place, octet, name=NAME, mine="m.m", theirs="t.t"))
            found = seen(guard, scope)
            assert seen(guard, scope) is found, (place, hex(octet))
            if found is not None:
                assert closely(guard, scope) is found, (place, hex(octet))


@INTERFACES
def test_a_cookie_alone_changes_nothing(guard: Guard, seen: Look, closely: Look) -> None:
    """An unsafe method, or a WebSocket, is asked where it comes from, however well the session is known."""
    assert seen(guard, scope_with(*of("NAME=m.m"))) is MINE  # its header is known
    for method in ("POST", "PUT", "PATCH", "DELETE", None):
        scope = scope_with(*of("NAME=m.m"), method=method)
        assert seen(guard, scope) is None
        with pytest.raises(ForeignOrigin):
            closely(guard, scope)
        assert seen(guard, scope_with(authorizations=(b"Bearer m.m",), method=method)) is MINE


@INTERFACES
def test_in_token_delivery_no_cookie_counts(guard: Guard, seen: Look, closely: Look) -> None:
    """Not even one of a session that this process knows, by its token as a bearer."""
    tokens = Guard(sessions=guard._sessions, names=guard._names, origins=guard._origins, hands_out_tokens=True)
    left_over = scope_with(*of("NAME=m.m"))
    assert seen(guard, left_over) is MINE
    for method in ("GET", "HEAD", "OPTIONS", "POST", None):
        for cookies, authorizations in USUAL:
            scope = scope_with(*cookies, authorizations=authorizations, method=method)
            expected = MINE if authorizations else None
            assert (seen(tokens, scope), closely(tokens, scope)) == (expected, expected)
    bearer = scope_with(*of("NAME=m.m"), authorizations=(b"Bearer t.t",))
    for scope, by_cookie, by_token in ((left_over, "m.m", None), (bearer, "t.t", "t.t")):
        incoming = asgi.incoming_from(scope, "", b"")
        assert (guard.presented_token(incoming), tokens.presented_token(incoming)) == (by_cookie, by_token)


def test_while_the_start_up_check_watches(guard: Guard) -> None:
    scope = scope_with(*of("NAME=m.m"))
    for watches, expected in ((False, MINE), (True, None)):
        assert asgi.recaller(endpoints_with(guard, watches=watches))(scope) is expected


# The cache

HEADER = b"x=1; NAME=m.m"
EMPTY = Revocations(now=NOW, sessions=frozenset(), cutoffs={})
OVER = {
    "signed out": replace(EMPTY, sessions=frozenset({MINE.id})),
    "cut off": replace(EMPTY, cutoffs={MINE.account.id: Cutoff(at=NOW, except_session=None)}),
    "changed": replace(EMPTY, changed={MINE.account.id: NOW}),
    "expired": replace(EMPTY, now=MINE.expires_at),
}


def cache_with(known: Revocations, clock: list[float]) -> SessionCache:
    cache = SessionCache(monotonic=lambda: clock[0])
    cache.learn(replace(known, now=known.now - clock[0]), 0.0)
    cache.remember("m.m", MINE, NOW, cache.generation)
    cache.remember_cookies(HEADER, "m.m")
    return cache


Recall = Callable[[SessionCache], Session | None]
RECALLS: list[Recall] = [lambda cache: cache.recall_fresh("m.m"), lambda cache: cache.recall_cookies(HEADER)]
EACH_WAY = pytest.mark.parametrize("recall", RECALLS, ids=["token", "header"])


@EACH_WAY
@pytest.mark.parametrize("why", OVER)
def test_a_session_that_is_over_is_not_recalled_and_no_lock_is_taken(why: str, recall: Recall) -> None:
    """A child may be forked while a thread of the parent holds the lock, and no thread of the child releases it."""
    assert recall(cache_with(EMPTY, [0.0])) is MINE  # the control
    cache = cache_with(OVER[why], [0.0])
    found: list[Session | None] = [MINE]
    with cache._changing:
        asking = threading.Thread(target=lambda: found.append(recall(cache)), daemon=True)
        asking.start()
        asking.join(10)
    assert found[1:] == [None]


@EACH_WAY
@pytest.mark.parametrize("why", OVER)
def test_a_session_that_counted_is_judged_again(why: str, recall: Recall) -> None:
    """By the next list that says something else, or once the session's time is over."""
    clock = [0.0]
    cache = cache_with(EMPTY, clock)
    for seconds in (0.0, 0.5, 1.0):
        clock[0] = seconds
        cache.learn(replace(EMPTY, now=NOW + seconds), seconds)
        assert recall(cache) is MINE  # the control
    cache.learn(replace(OVER[why], now=max(OVER[why].now, NOW + 1.0)), 1.0)
    assert recall(cache) is None


@EACH_WAY
def test_a_session_ends_between_two_lists_that_say_the_same(recall: Recall) -> None:
    clock = [0.0]
    cache = cache_with(EMPTY, clock)
    for seconds in range(12):
        clock[0] = float(seconds)
        cache.learn(replace(EMPTY, now=NOW + seconds), clock[0])
        assert recall(cache) is (MINE if NOW + seconds < MINE.expires_at else None), seconds


@EACH_WAY
def test_the_edges_of_what_a_list_says(recall: Recall) -> None:
    """A cut-off is dated like the last session that it ends, and may spare one. What was read while an account changed
    may be the account of before."""
    account = MINE.account.id
    edges = [
        (replace(EMPTY, cutoffs={account: Cutoff(at=MINE.opened_at, except_session=None)}), None),
        (replace(EMPTY, cutoffs={account: Cutoff(at=MINE.opened_at - 0.001, except_session=None)}), MINE),
        (replace(EMPTY, cutoffs={account: Cutoff(at=NOW, except_session=MINE.id)}), MINE),
        (replace(EMPTY, cutoffs={account: Cutoff(at=NOW, except_session=THEIRS.id)}), None),
        (replace(EMPTY, changed={account: NOW - SETTLED_SECONDS}), None),
        (replace(EMPTY, changed={account: NOW - SETTLED_SECONDS - 0.001}), MINE),
        (replace(EMPTY, changed={THEIRS.account.id: NOW}), MINE),
    ]
    for known, expected in edges:
        assert recall(cache_with(known, [0.0])) is expected, known


# By the store's clock, and by this machine's.
TORN = {
    "the store's clock goes back": (-DRIFT_SECONDS - 1, 0.0),
    "the store's clock goes ahead": (DRIFT_SECONDS + 1, 0.0),
    "the store's clock stands": (0.0, DRIFT_SECONDS + 1),
    "nobody asks for a minute": (GAP_SECONDS - 1, GAP_SECONDS + 1),
    "a minute passes at the store": (GAP_SECONDS + 1, GAP_SECONDS - 1),
}


@EACH_WAY
@pytest.mark.parametrize(("by_store", "by_us"), [*TORN.values(), (30.0, 30.0)], ids=[*TORN, "the control"])
def test_between_two_lists_that_do_not_fit(recall: Recall, by_store: float, by_us: float) -> None:
    """Something may be missing between them, so all is forgotten, and does not come back when they fit again. Nor does
    a row that was being read."""
    lasting, clock = replace(MINE, expires_at=NOW + 9_999), [0.0]
    cache = cache_with(EMPTY, clock)
    cache.remember("m.m", lasting, NOW, cache.generation)
    cache.remember_cookies(HEADER, "m.m")
    reading = cache.generation
    expected = lasting if by_store == by_us else None
    for clock[0], now in ((by_us, NOW + by_store), (by_us + 0.1, NOW + 1)):
        cache.learn(replace(EMPTY, now=now), clock[0])
        assert recall(cache) is expected
        if expected is not None:
            return
        cache.remember("m.m", lasting, NOW, reading)
        cache.remember_cookies(HEADER, "m.m")
        assert recall(cache) is None


@EACH_WAY
@pytest.mark.parametrize("forget", ["session", "account"])
def test_a_row_that_was_being_read_is_not_remembered(recall: Recall, forget: str) -> None:
    cache = cache_with(EMPTY, [0.0])
    reading = cache.generation
    cache.forget_session(MINE.id) if forget == "session" else cache.forget_account(MINE.account.id)
    cache.remember("m.m", MINE, NOW, reading)
    cache.remember_cookies(HEADER, "m.m")
    assert recall(cache) is None


@pytest.mark.parametrize("first", ["age", "forget_session", "forget_account"])
def test_a_child_begins_with_nothing_and_with_a_lock_of_its_own(first: str) -> None:
    """The parent's may be held by a thread of the parent, which no child has."""
    cache = cache_with(EMPTY, [0.0])
    does: dict[str, Callable[[], object]] = {
        "age": cache.age,
        "forget_session": lambda: cache.forget_session(THEIRS.id),
        "forget_account": lambda: cache.forget_account(THEIRS.account.id),
    }
    with cache._changing:
        child = os.fork()
        if child == 0:  # pragma: no cover
            signal.alarm(10)
            does[first]()
            found = cache.recall("m.m"), cache.recall_fresh("m.m"), cache.recall_cookies(HEADER)
            cache.remember("m.m", MINE, NOW, cache.generation)
            os._exit(0 if found == (None, None, None) and cache.age() == float("inf") else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert cache.recall_cookies(HEADER) is MINE


@EACH_WAY
def test_a_cached_session_has_its_time(recall: Recall) -> None:
    """The list says the same all the while."""
    clock = [0.0]
    cache = SessionCache(monotonic=lambda: clock[0])
    lasting = replace(MINE, expires_at=NOW + 9_999)
    cache.learn(EMPTY, 0.0)
    cache.remember("m.m", lasting, NOW, cache.generation)
    cache.remember_cookies(HEADER, "m.m")
    for seconds in range(0, 400, 20):
        clock[0] = float(seconds)
        cache.learn(replace(EMPTY, now=NOW + seconds), clock[0])
        assert recall(cache) is (lasting if seconds <= CACHED_SECONDS else None), seconds


@EACH_WAY
def test_a_store_whose_clock_goes_back(recall: Recall) -> None:
    """Such a list does not pass for a later one that says the same: what it says is read again."""
    cache = cache_with(EMPTY, [0.0])
    assert recall(cache) is MINE
    cache.learn(replace(EMPTY, now=NOW - 4.9), 0.0)
    assert recall(cache) is MINE  # the control: clocks may differ by so much
    cache = SessionCache(monotonic=lambda: 0.0)
    cache.learn(replace(EMPTY, now=NOW - 1), 0.0)
    cache.remember("m.m", MINE, NOW + 3, cache.generation)
    cache.remember_cookies(HEADER, "m.m")
    assert recall(cache) is MINE
    cache.learn(replace(EMPTY, now=NOW - 3), 0.0)
    assert recall(cache) is None


@EACH_WAY
@pytest.mark.parametrize("forget", ["session", "account"])
def test_what_was_forgotten_is_not_recalled(recall: Recall, forget: str) -> None:
    """Not even by a header that was seen, nor where another thread has it at hand just then."""
    cache = cache_with(EMPTY, [0.0])
    assert recall(cache) is MINE
    at_hand = cache._sessions["m.m"]
    cache.forget_session(MINE.id) if forget == "session" else cache.forget_account(MINE.account.id)
    assert recall(cache) is None
    assert cache._known is not None
    assert cache._session_in(at_hand, cache._known) is None
    cache.remember("m.m", MINE, NOW, cache.generation)
    cache.remember_cookies(HEADER, "m.m")
    assert recall(cache) is MINE


@EACH_WAY
@pytest.mark.parametrize("forget", ["session", "account"])
def test_a_session_that_was_read_twice_is_forgotten_whole(recall: Recall, forget: str) -> None:
    """A page sends several requests at once, and each of them may read the row. A header that was seen in between must
    not keep what the first one has read."""
    cache = cache_with(EMPTY, [0.0])
    assert recall(cache) is MINE
    cache.remember("m.m", replace(MINE), NOW, cache.generation)
    cache.forget_session(MINE.id) if forget == "session" else cache.forget_account(MINE.account.id)
    assert recall(cache) is None


@EACH_WAY
def test_after_a_gap_nothing_that_is_at_hand_counts(recall: Recall) -> None:
    """Another thread may be noting a header while the cache forgets everything."""
    cache = cache_with(EMPTY, [0.0])

    class Interrupted(dict[bytes | str, Any]):
        def __len__(self) -> int:
            cache.learn(replace(EMPTY, now=NOW + DRIFT_SECONDS + 1), 0.0)
            return 0

    cache._by_cookies = Interrupted()
    cache.remember_cookies(HEADER, "m.m")
    assert recall(cache) is None


def test_how_many_headers_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser may change its other cookies with each request."""
    monkeypatch.setattr(cache_module, "MAX_SESSIONS", 5)
    cache = cache_with(EMPTY, [0.0])
    for number in range(50):
        cache.remember_cookies(f"x={number}; NAME=m.m", "m.m")
        assert cache.recall_cookies(f"x={number}; NAME=m.m") is MINE
        assert len(cache._by_cookies) <= 5
    for length, expected in ((cache_module.MAX_HEADER_LENGTH, MINE), (cache_module.MAX_HEADER_LENGTH + 1, None)):
        header = b"NAME=m.m; x=".ljust(length, b"y")
        cache.remember_cookies(header, "m.m")
        assert cache.recall_cookies(header) is expected
    cache.remember_cookies(b"NAME=t.t", "t.t")  # of a session that is not cached
    assert cache.recall_cookies(b"NAME=t.t") is None


@EACH_WAY
def test_only_a_fresh_list_counts(recall: Recall) -> None:
    clock = [0.0]
    cache = cache_with(EMPTY, clock)
    for clock[0], expected in ((0.0, MINE), (FRESH_SECONDS, MINE), (FRESH_SECONDS + 0.01, None)):
        assert recall(cache) is expected
    assert recall(SessionCache()) is None


@EACH_WAY
def test_a_list_that_comes_in_between_counts(recall: Recall) -> None:
    """Another thread may bring it after the age was read. An older list must not pass for it."""
    cache = cache_with(EMPTY, [0.0])

    def brought() -> float:
        cache._monotonic = lambda: 0.1
        cache.learn(OVER["signed out"], 0.1)
        return 0.1

    cache._monotonic = brought
    assert recall(cache) is None
