"""Being signed in: what a request costs, and how soon a revoked session is one everywhere."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from story.conftest import Story
from valetkey.sessions.cache import SessionCache
from valetkey.storage.base import Revocations


class Counting:
    """A store that counts the verbs it is asked."""

    def __init__(self, store: object) -> None:
        self._store, self.counts = store, dict.fromkeys(("read_session", "revocations", "touch_session"), 0)

    def __getattr__(self, name: str) -> object:
        if name in self.counts:
            self.counts[name] += 1
        return getattr(self._store, name)

    def reset(self) -> None:
        self.counts = dict.fromkeys(self.counts, 0)


def test_a_thousand_requests_ask_for_the_session_once(make_story: Callable[..., Story]) -> None:
    """And for revocations at most twice a second."""
    import time

    story = make_story(store=Counting)
    signed_in = story.finish(story.begin())
    story.store.reset()
    begun = time.monotonic()
    for _ in range(1000):
        assert story.recognise(signed_in.session_token) is not None
    took = time.monotonic() - begun
    assert story.store.counts["read_session"] == 1
    assert story.store.counts["touch_session"] == 1
    assert story.store.counts["revocations"] <= 1 + 2 * took


def test_revoked_on_one_node_is_refused_on_the_other_within_a_second(make_story: Callable[..., Story]) -> None:
    import time

    here, there = make_story(), make_story()
    signed_in = here.finish(here.begin())
    assert here.recognise(signed_in.session_token) is not None
    assert there.recognise(signed_in.session_token) is not None
    here.run(here.sessions.revoke(signed_in.session.id))
    revoked_at = time.monotonic()
    assert here.recognise(signed_in.session_token) is None  # the process that revokes applies it at once
    asked_at = time.monotonic()
    while there.recognise(signed_in.session_token) is not None:
        assert asked_at - revoked_at < 1.0
        time.sleep(0.02)
        asked_at = time.monotonic()


def test_everywhere_disable_and_delete_reach_other_nodes(make_story: Callable[..., Story]) -> None:
    import time

    for number, verb in enumerate(("revoke_all", "disable", "delete")):
        here, there = make_story(), make_story()
        started = here.begin(chr(65 + number) * 22)
        here.provider.people[started.attempt.request_id] = str(3000 + number)
        signed_in = here.finish(started)
        assert there.recognise(signed_in.session_token) is not None
        owner = here.assembly.account_sessions if verb == "revoke_all" else here.accounts
        here.run(getattr(owner, verb)(signed_in.session.account.id))
        revoked_at = time.monotonic()
        asked_at = time.monotonic()
        while there.recognise(signed_in.session_token) is not None:
            assert asked_at - revoked_at < 1.0, verb
            time.sleep(0.02)
            asked_at = time.monotonic()


def test_everywhere_else_excepts_the_one(story: Story) -> None:
    first, second = story.finish(story.begin("A" * 22)), story.finish(story.begin("B" * 22))
    story.run(story.assembly.account_sessions.revoke_all(first.session.account.id, keep=second.session.id))
    assert story.recognise(first.session_token) is None
    assert story.recognise(second.session_token) is not None


def test_a_disabled_account_does_not_sign_in(story: Story) -> None:
    signed_in = story.finish(story.begin("A" * 22))
    story.run(story.accounts.disable(signed_in.session.account.id))
    assert story.finish(story.begin("B" * 22)).error.code == "account_disabled"


def test_an_enabled_account_signs_in_again_and_its_old_session_stays_ended(story: Story) -> None:
    signed_in = story.finish(story.begin("A" * 22))
    story.run(story.accounts.disable(signed_in.session.account.id))
    story.run(story.accounts.enable(signed_in.session.account.id))
    assert story.recognise(signed_in.session_token) is None
    again = story.finish(story.begin("B" * 22))
    assert again.session.account.id == signed_in.session.account.id
    assert story.recognise(again.session_token) is not None
    assert story.recognise(signed_in.session_token) is None


def test_what_is_not_a_session_token_costs_no_query(make_story: Callable[..., Story]) -> None:
    story = make_story(store=Counting)
    story.store.reset()
    for text in (None, "", "x", "a.b.c", "e30.e30.", "x" * 5000):
        assert story.recognise(text) is None
    assert story.store.counts == {"read_session": 0, "revocations": 0, "touch_session": 0}


def list_at(now: float) -> Revocations:
    return Revocations(now=now, sessions=frozenset(), cutoffs={})


def test_cached_sessions_are_forgotten_where_the_clocks_drift_apart(story: Story) -> None:
    """A machine that slept, a store whose clock jumped, a list a minute late: nothing remembered survives."""
    session = story.finish(story.begin()).session
    for by_us, by_store, kept in ((0.7, 0.7, True), (0.7, 6.0, False), (0.7, -6.0, False), (61.0, 61.0, False)):
        monotonic = [100.0]
        cache = SessionCache(monotonic=lambda: monotonic[0])
        start = session.opened_at
        cache.learn(list_at(start), cache.asking())
        cache.remember("pass", session, start, cache.generation)
        monotonic[0] += by_us
        cache.learn(list_at(start + by_store), cache.asking())
        assert (cache.recall("pass") is not None) == kept, (by_us, by_store)


def test_a_cached_session_lasts_five_minutes(story: Story) -> None:
    session = story.finish(story.begin()).session
    monotonic = [0.0]
    cache = SessionCache(monotonic=lambda: monotonic[0])
    cache.learn(list_at(session.opened_at), 0.0)
    cache.remember("pass", session, session.opened_at, cache.generation)
    for second in range(0, 300, 30):
        cache.learn(list_at(session.opened_at + second), float(second))
        assert cache.recall("pass") is not None
    cache.learn(list_at(session.opened_at + 301), 301.0)
    assert cache.recall("pass") is None


def test_a_reading_that_began_before_a_revocation_is_not_remembered(story: Story) -> None:
    session = story.finish(story.begin()).session
    cache = SessionCache()
    cache.learn(list_at(session.opened_at), cache.asking())
    generation = cache.generation
    cache.forget_session(session.id)
    cache.remember("pass", session, session.opened_at, generation)
    assert cache.recall("pass") is None


def test_memory_is_bounded(story: Story) -> None:
    from valetkey.sessions import cache as module

    session = story.finish(story.begin()).session
    cache = SessionCache()
    cache.learn(list_at(session.opened_at), cache.asking())
    for number in range(module.MAX_SESSIONS + 50):
        cache.remember(f"pass-{number}", session, session.opened_at, cache.generation)
    assert cache.recall("pass-0") is None
    assert cache.recall(f"pass-{module.MAX_SESSIONS + 49}") is not None
    assert len(cache._sessions) == module.MAX_SESSIONS


def test_many_threads_remember_and_forget(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the memory is full and entries come and go."""
    from valetkey.sessions import cache as module

    monkeypatch.setattr(module, "MAX_SESSIONS", 20)
    session = story.finish(story.begin()).session
    cache = SessionCache()
    cache.learn(list_at(session.opened_at), cache.asking())

    def live(number: int) -> None:
        for turn in range(300):
            text = f"{number}-{turn}"
            cache.remember(text, session, session.opened_at, cache.generation)
            cache.recall(text)
            if turn % 50 == 0:
                cache.forget_session(session.id)
                cache.forget_account(session.account.id)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(live, range(8)))
    assert len(cache._sessions) <= 20
    assert {text for texts in cache._tokens.values() for text in texts} == set(cache._sessions)
