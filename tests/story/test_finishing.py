"""Finishing: once, by the browser that began, however often it is delivered, and whichever node dies."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest

from story.conftest import LOST, UNSENT, FunctionProvider, Story, holding
from valetkey import errors
from valetkey.login.attempt import claim_key
from valetkey.login.results import Client, Failed, SignedIn, Started
from valetkey.protocols.http import HttpRequest, HttpResponse
from valetkey.storage.base import Lease


def refused(provider: FunctionProvider, body: str = "This feature is temporarily unavailable"):  # type: ignore[no-untyped-def]
    return lambda request: provider.reply(body, 401)


def test_a_login_opens_a_session(story: Story) -> None:
    """Two requests, one account, one session, and its token is recognised."""
    signed_in = story.finish(story.begin())
    assert isinstance(signed_in, SignedIn)
    assert [name for name, _ in story.provider.journal] == ["request_token", "access_token"]
    assert story.recognise(signed_in.session_token).account.identities[0].subject == "1001"


def test_the_exchange_is_signed_with_what_was_issued(story: Story) -> None:
    started = story.begin()
    story.finish(started)
    exchange = story.provider.calls("access_token")[0]
    assert exchange["oauth_token"] == started.attempt.request_id
    assert exchange["oauth_verifier"] == "v"


def test_without_its_cookie_it_is_never_a_login(story: Story) -> None:
    """0 calls, no claim: another browser, and one that sent no cookie at all. Beside it, the browser that began."""
    started = story.begin()
    for browser, kind in ((Client(), errors.AnotherBrowser), (Client(has_cookies=False), errors.CookiesBlocked)):
        with pytest.raises(kind):
            story.finish(started, browser)
    assert story.provider.calls("access_token") == []
    assert story.run(story.store.find_claim(claim_key("twitter", started.attempt.request_id))) is None
    assert isinstance(story.finish(started), SignedIn)


def test_anothers_token_with_ones_own_cookie(story: Story) -> None:
    mine, theirs = story.begin("A" * 22), story.begin("B" * 22)
    with pytest.raises(errors.AnotherBrowser):
        story.finish(theirs, holding(mine))
    assert story.provider.calls("access_token") == []


def test_a_cookie_under_another_logins_name_does_not_open(story: Story) -> None:
    started = story.begin()
    with pytest.raises(errors.AnotherBrowser):
        story.finish(started, Client(logins={"B" * 22: started.sealed}))


@pytest.mark.parametrize("cut", [0, 1, 10, 100])
def test_a_truncated_or_altered_cookie_is_no_cookie(story: Story, cut: int) -> None:
    started = story.begin()
    altered = started.sealed[:cut] + ("A" if started.sealed[cut] != "A" else "B") + started.sealed[cut + 1 :]
    for sealed in (started.sealed[:cut], altered, started.sealed[:-1] + "."):
        with pytest.raises(errors.AnotherBrowser):
            story.finish(started, Client(logins={started.attempt.id: sealed}))
    assert story.provider.calls("access_token") == []


def test_denied(story: Story) -> None:
    """For the owner a clean end; for anybody else nothing."""
    started = story.begin()
    with pytest.raises(errors.AnotherBrowser):
        story.run(story.login.finish("twitter", {"denied": started.attempt.request_id}, Client()))
    failed = story.run(story.login.finish("twitter", {"denied": started.attempt.request_id}, holding(started)))
    assert isinstance(failed, Failed)
    assert failed.error.code == "denied"
    after = Client(logins={started.attempt.id: failed.sealed})
    again = story.finish(started, after)
    assert isinstance(again, Failed)
    assert again.error.code == "denied"
    assert story.provider.calls("access_token") == []


def test_after_ten_minutes_it_is_expired(story: Story) -> None:
    started = story.begin()
    late = replace(started.attempt, began_at=started.attempt.began_at - 601)
    failed = story.finish(started, Client(logins={late.id: story.codec.seal(late)}))
    assert isinstance(failed, Failed)
    assert failed.error.code == "expired"
    assert story.provider.calls("access_token") == []


def test_late_and_denied_do_not_undo_a_finished_login(story: Story) -> None:
    """Its first answer was lost: for the thirty minutes of its cookie the session is there to be handed over."""
    started = story.begin()
    first = story.finish(started)
    late = replace(started.attempt, began_at=started.attempt.began_at - 1200)
    after = Client(logins={late.id: story.codec.seal(late)})
    assert story.finish(started, after).session.id == first.session.id
    denied = story.run(story.login.finish("twitter", {"denied": started.attempt.request_id}, holding(started)))
    assert denied.session.id == first.session.id
    assert len(story.provider.calls("access_token")) == 1


def test_a_second_delivery_leaves_the_cookie_of_a_restart_alone(story: Story) -> None:
    """Both answers write under the same name; only the one that began again may."""
    started = story.begin()
    story.provider.then("access_token", LOST, LOST)
    again = story.finish(started)
    assert isinstance(again, Started)
    late_copy = story.finish(started)
    assert isinstance(late_copy, Failed)
    assert late_copy.sealed is None
    assert isinstance(story.finish(again), SignedIn)


def test_delivered_twice_gives_the_same_session(story: Story) -> None:
    """The first answer was lost: the second delivery still carries the login cookie."""
    started = story.begin()
    first, second = story.finish(started), story.finish(started)
    assert (first.session.id, first.session_token) == (second.session.id, second.session_token)
    assert len(story.provider.calls("access_token")) == 1


def test_delivered_without_the_cookie_shows_the_last_page_to_its_session_only(story: Story) -> None:
    started = story.begin()
    first = story.finish(started)
    again = story.finish(started, Client(session=first.session))
    assert isinstance(again, SignedIn)
    assert again.session_token is None
    stranger = story.finish(story.begin("B" * 22)).session
    with pytest.raises(errors.AnotherBrowser):
        story.finish(started, Client(session=stranger))


def test_after_signing_out_nothing_is_delivered(story: Story) -> None:
    started = story.begin()
    first = story.finish(started)
    story.run(story.login.sign_out(first.session_token, Client()))
    again = story.finish(started)
    assert isinstance(again, Failed)
    assert again.error.code == "expired"
    assert story.recognise(first.session_token) is None
    assert len(story.provider.calls("access_token")) == 1


def test_twenty_deliveries_at_once(make_story: Callable[..., Story], runner_kind: str) -> None:
    """One exchange, one session, twenty times the same outcome: tasks in a loop, threads otherwise."""
    story = make_story()
    started = story.begin()
    if runner_kind == "loop":

        async def at_once() -> list[object]:
            return await asyncio.gather(*(story.finishing(started) for _ in range(20)))

        signed_in = story.run(at_once())
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(20) as pool:
            signed_in = list(pool.map(lambda _: story.finish(started), range(20)))
    assert {one.session.id for one in signed_in} == {signed_in[0].session.id}
    assert len(story.provider.calls("access_token")) == 1


def test_nothing_sent_may_be_repeated(story: Story) -> None:
    story.provider.then("access_token", UNSENT, UNSENT)
    assert isinstance(story.finish(story.begin()), SignedIn)


def test_a_lost_reply_is_repeated_once_with_a_fresh_nonce(story: Story) -> None:
    story.provider.then("access_token", LOST)
    assert isinstance(story.finish(story.begin()), SignedIn)
    calls = story.provider.calls("access_token")
    assert len(calls) == 2
    assert calls[0]["oauth_nonce"] != calls[1]["oauth_nonce"]


def test_a_reply_lost_twice_restarts(story: Story) -> None:
    """The callback's own answer begins again, in the same login, and what comes back then lands."""
    started = story.begin()
    story.provider.then("access_token", LOST, LOST)
    again = story.finish(started)
    assert isinstance(again, Started)
    assert (again.attempt.id, again.attempt.restarts) == (started.attempt.id, 1)
    assert again.attempt.request_id != started.attempt.request_id
    assert isinstance(story.finish(again), SignedIn)
    by_token = [call["oauth_token"] for call in story.provider.calls("access_token")]
    assert by_token == [started.attempt.request_id] * 2 + [again.attempt.request_id]


def test_a_401_to_the_repeat_restarts_too(story: Story) -> None:
    story.provider.then("access_token", LOST, refused(story.provider))
    assert isinstance(story.finish(story.begin()), Started)


def test_a_login_restarts_twice_and_no_more(story: Story) -> None:
    story.provider.then("access_token", *[LOST] * 6)
    first = story.finish(story.begin())
    second = story.finish(first)
    assert (first.attempt.restarts, second.attempt.restarts) == (1, 2)
    failed = story.finish(second)
    assert isinstance(failed, Failed)
    assert failed.error.code == "provider_unavailable"
    assert story.finish(second).error.code == "provider_unavailable"  # the claim says so to the next delivery, too
    assert len(story.provider.calls("access_token")) == 6
    assert len(story.provider.calls("request_token")) == 3


@pytest.mark.parametrize(("died", "code"), [(False, "provider_unavailable"), (True, "interrupted")])
@pytest.mark.parametrize("restarts", [0, 2])
def test_what_ends_a_login_without_a_restart(
    make_story: Callable[..., Story], caplog: pytest.LogCaptureFixture, died: bool, code: str, restarts: int
) -> None:
    """The provider's error, in the answer and in the claim; an interruption only where a node died. Without a restart:
    because two were made, or because the page makes the requests itself."""
    story = make_story()
    started = story.begin(restarts=restarts)
    key = claim_key("twitter", started.attempt.request_id)
    if died:
        story.run(story.store.claim(Lease(key, "a node that died")))
        lapse(story, key)
        story.provider.then("access_token", refused(story.provider))
    else:
        story.provider.then("access_token", LOST, refused(story.provider))
    query = {"oauth_token": started.attempt.request_id, "oauth_verifier": "v"}
    failed = story.run(story.login.finish("twitter", query, holding(started), may_restart=restarts > 0))
    assert isinstance(failed, Failed)
    assert failed.error.code == code
    claim = story.run(story.store.find_claim(key))
    assert (claim.state, claim.error_code) == ("failed", code)
    assert story.finish(started).error.code == code
    assert len(story.provider.calls("access_token")) == (1 if died else 2)
    assert len(story.provider.calls("request_token")) == 1
    assert "the login ends, because its exchange was lost" in caplog.text


def test_a_sign_out_during_a_restart_ends_it(story: Story) -> None:
    """The claim is voided while the new start is under way: the start is not handed out."""
    started = story.begin()
    story.provider.then("access_token", LOST, LOST)

    def signed_out_meanwhile(request: HttpRequest) -> HttpResponse:
        connection = sqlite3.connect(story.database)
        with connection:
            assert connection.execute("UPDATE login_claims SET state = 'burnt'").rowcount == 1
        connection.close()
        return story.provider.granted("request_token", {})

    story.provider.then("request_token", signed_out_meanwhile)
    failed = story.finish(started)
    assert isinstance(failed, Failed)
    assert failed.error.code == "interrupted"


def test_a_voided_login_sends_no_request(story: Story) -> None:
    started = story.begin()
    story.provider.then("access_token", LOST, LOST)
    story.finish(started)
    failed = story.finish(started)
    assert isinstance(failed, Failed)
    assert failed.error.code == "interrupted"
    assert len(story.provider.calls("access_token")) == 2


def test_a_definite_no_is_not_repeated(story: Story) -> None:
    story.provider.then("access_token", refused(story.provider))
    started = story.begin()
    failed = story.finish(started)
    assert isinstance(failed, Failed)
    assert failed.error.code == "provider_refused"
    assert len(story.provider.calls("access_token")) == 1
    again = story.finish(started)  # the answer was lost, its cookie never came
    assert isinstance(again, Failed)
    assert again.error.code == "provider_refused"
    assert len(story.provider.calls("access_token")) == 1


def test_busy_is_not_repeated(story: Story) -> None:
    story.provider.then("access_token", lambda _: story.provider.reply("", 429))
    failed = story.finish(story.begin())
    assert isinstance(failed, Failed)
    assert failed.error.code == "rate_limited"
    assert len(story.provider.calls("access_token")) == 1


@pytest.mark.parametrize("lost", [[], [LOST]])
def test_busy_at_either_exchange_closes_the_start(story: Story, lost: list[Exception]) -> None:
    """What the provider says of its quota counts for everybody's next start, whichever call it says it to."""
    story.provider.then("access_token", *lost, lambda _: story.provider.reply("", 429, **{"retry-after": "60"}))
    failed = story.finish(story.begin())
    assert isinstance(failed, Failed)
    assert failed.error.code == "rate_limited"
    with pytest.raises(errors.ProviderBusy):
        story.begin("B" * 22)
    assert len(story.provider.calls("request_token")) == 1


@pytest.mark.parametrize("body", ["", "<html>", "user_id=1", "oauth_token=a&oauth_token_secret=b&screen_name=x"])
def test_an_invalid_reply_leaves_no_account(story: Story, body: str) -> None:
    story.provider.then("access_token", lambda _: story.provider.reply(body))
    failed = story.finish(story.begin())
    assert isinstance(failed, Failed)
    assert failed.error.code == "provider_reply_invalid"


def test_a_clock_that_is_off_is_learnt_once(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    """From the provider's Date; the second exchange carries the offset, and so does the next login."""
    story.provider.clock_offset = 7200.0
    skewed = '{"errors":[{"code":135,"message":"Timestamp out of bounds."}]}'
    started = story.begin()
    story.provider.then("access_token", refused(story.provider, skewed))
    assert isinstance(story.finish(started), SignedIn)
    first, second = story.provider.calls("access_token")
    assert 7190 < int(second["oauth_timestamp"]) - int(first["oauth_timestamp"]) < 7215
    story.begin("B" * 22)
    assert int(story.provider.calls("request_token")[1]["oauth_timestamp"]) - int(first["oauth_timestamp"]) > 7190
    assert "differs" in caplog.text


def test_a_clock_that_is_right_is_not_blamed(story: Story) -> None:
    story.provider.then("access_token", refused(story.provider, '{"errors":[{"code":135}]}'))
    failed = story.finish(story.begin())
    assert isinstance(failed, Failed)
    assert failed.error.code == "clock_off"
    assert len(story.provider.calls("access_token")) == 1


HUGE = "9" * 20
NOT_DATES = [f"Thu, 13 Oct {HUGE} 00:57:07 GMT", f"Thu, 13 Oct 2011 00:57:07 +{HUGE}", "Thu, 31 Feb 2011 00:57:07 GMT"]


@pytest.mark.parametrize("date", NOT_DATES)
def test_a_date_that_is_no_time_teaches_nothing(story: Story, date: str) -> None:
    """The login ends with the provider's error, whatever else the reply has."""
    skewed = '{"errors":[{"code":135}]}'
    story.provider.then("access_token", lambda _: story.provider.reply(skewed, 401, date=date))
    failed = story.finish(story.begin())
    assert isinstance(failed, Failed)
    assert failed.error.code == "clock_off"
    story.provider.then("request_token", lambda _: story.provider.reply("", 429, date=date))
    with pytest.raises(errors.ProviderBusy):
        story.begin("B" * 22)


def test_a_dead_node_is_taken_over_with_the_second_exchange(make_story: Callable[..., Story]) -> None:
    """Its lease has lapsed: the next delivery goes on, and knows that the first exchange may have been sent."""
    story = make_story()
    started = story.begin()
    key = claim_key("twitter", started.attempt.request_id)
    assert story.run(story.store.claim(Lease(key, "a node that died"))).mine
    lapse(story, key)
    assert isinstance(story.finish(started), SignedIn)
    assert not story.run(story.store.record_second_exchange(Lease(key, "a node that died")))


def test_a_takeover_that_is_refused_restarts(make_story: Callable[..., Story]) -> None:
    """The dead node's exchange was a yes that nobody heard."""
    story = make_story()
    started = story.begin()
    key = claim_key("twitter", started.attempt.request_id)
    story.run(story.store.claim(Lease(key, "a node that died")))
    lapse(story, key)
    story.provider.then("access_token", refused(story.provider))
    assert isinstance(story.finish(started), Started)
    assert len(story.provider.calls("access_token")) == 1


def test_two_dead_nodes_end_it(make_story: Callable[..., Story]) -> None:
    story = make_story()
    started = story.begin()
    key = claim_key("twitter", started.attempt.request_id)
    for node in ("one", "two"):
        assert story.run(story.store.claim(Lease(key, node))).mine
        lapse(story, key)
    failed = story.finish(started)
    assert isinstance(failed, Failed)
    assert failed.error.code == "interrupted"
    assert story.provider.calls("access_token") == []


def lapse(story: Story, key: str) -> None:
    """Let the lease lapse without waiting for it."""
    connection = sqlite3.connect(database_of(story))
    with connection:
        changed = connection.execute("UPDATE login_claims SET leased_until = 0 WHERE key = ?", (key,)).rowcount
    connection.close()
    assert changed == 1


def database_of(story: Story) -> str:
    return str(story.database)


def test_a_new_session_replaces_the_browsers_old_one(story: Story) -> None:
    first = story.finish(story.begin("A" * 22))
    started = story.begin("B" * 22)
    second = story.finish(started, holding(started, session=first.session))
    assert story.recognise(first.session_token) is None
    assert story.recognise(second.session_token).id == second.session.id


def test_the_profile_never_fails_a_login(make_story: Callable[..., Story]) -> None:
    story = make_story(read_profile=True)
    for step in (LOST, lambda _: story.provider.reply("", 403), lambda _: story.provider.reply("[]")):
        story.provider.then("verify_credentials.json", step)
        assert isinstance(story.finish(story.begin()), SignedIn)


def test_a_profile_of_somebody_else_does(make_story: Callable[..., Story]) -> None:
    story = make_story(read_profile=True)
    story.provider.then("verify_credentials.json", lambda _: story.provider.reply('{"id_str": "1002"}'))
    failed = story.finish(story.begin())
    assert isinstance(failed, Failed)
    assert failed.error.code == "provider_reply_invalid"


def test_a_caller_that_goes_away_cancels_the_answer_and_not_the_work(
    make_story: Callable[..., Story], runner_kind: str
) -> None:
    """Only a loop can cancel; in a thread there is nobody to do it, and the login lands as it is."""
    story = make_story()
    started = story.begin()
    if runner_kind == "loop":

        async def hang_up() -> None:
            asked, gate = asyncio.Event(), asyncio.Event()
            reply = story.provider.granted

            async def slow(request, deadline):  # type: ignore[no-untyped-def]
                asked.set()
                await gate.wait()
                story.provider.journal.append(("access_token", {}))
                return reply("access_token", {"oauth_token": started.attempt.request_id})

            story.provider.send = slow  # type: ignore[method-assign]
            task = asyncio.create_task(story.finishing(started))
            await asked.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            gate.set()
            await story.runner.drain(5)

        story.run(hang_up())
    else:
        story.finish(started)
    collected = story.run(story.collector.collect(started.attempt.id, holding(started)))
    assert collected.status == "done"
    assert story.recognise(collected.signed_in.session_token) is not None
    assert len(story.provider.calls("access_token")) == 1


def test_a_way_out_that_is_not_set_up_ends_the_login_at_once(story: Story) -> None:
    """An issuer's metadata may name a host that a proxy setting forbids. No delivery waits for the lease."""
    started = story.begin()
    story.provider.then("access_token", errors.SettingsError("HTTPS_PROXY: not one that can be used."))
    failed = story.finish(started)
    assert (type(failed), failed.error.code) == (Failed, "settings")
    claim = story.run(story.store.find_claim(claim_key("twitter", started.attempt.request_id)))
    assert (claim.state, claim.error_code) == ("failed", "settings")
    assert story.finish(started).error.code == "settings"
    assert len(story.provider.calls("access_token")) == 1
