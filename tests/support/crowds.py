"""People who sign in without a pause, one after the other, while the database fails over; and what they were answered.

A login is *answered* when a browser is given its session. From then on it must exist, whatever happens to the
database. So must a sign-out that was answered.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .browser import Answer, Begun, Browser
from .nodes import Fleet, Node, a_person

RELOADS_SECONDS = 90.0  # how long somebody goes on reloading the page that says to come again
SIGNS_OUT = 0.1  # how many of them
COMES_BACK = 0.3  # how many sign in a second time, in another browser


@dataclass
class Login:
    """One that was answered.

    Attributes:
        cookies: those of the browser at that moment.
        signed_out: whether the user signed out since; None as long as that is not answered.
    """

    id: str
    who: dict[str, str]
    profile: Browser
    at: float
    cookies: dict[str, str]
    signed_out: bool | None = False


class Crowd:
    """Several people at once.

    Attributes:
        answered: every login that was answered, in order.
        answers: each kind of answer, counted.
        faults: whatever is neither a good answer nor a 503 that says when to come again.
        reloaded: how many logins landed when their callback was loaded once more.
        begun_again: how many users had to start again.
    """

    def __init__(self, fleet: Fleet, at_once: int) -> None:
        self.fleet = fleet
        self.answered: list[Login] = []
        self.answers: Counter[str] = Counter()
        self.faults: list[str] = []
        self.reloaded = self.begun_again = 0
        self._over = threading.Event()
        self._counting = threading.Lock()
        self._threads = [threading.Thread(target=self._live) for _ in range(at_once)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Everybody goes home, whatever they wait for."""
        self._over.set()
        self.fleet.front.disconnect()
        for thread in self._threads:
            thread.join(60)

    def first_answered_after(self, moment: float) -> float | None:
        return next((login.at for login in self.answered if login.at > moment), None)

    def _live(self) -> None:
        who = a_person()
        while not self._over.is_set():
            try:
                login = self._sign_in(who)
                if login is not None and random.random() < SIGNS_OUT:
                    self._sign_out(login)
            except Exception as fault:
                if not self._over.is_set():
                    self.faults.append(repr(fault))
            if random.random() > COMES_BACK:
                who = a_person()

    def _sign_in(self, who: dict[str, str]) -> Login | None:
        """Until it lands: by a reload of the callback, or from the start. None where everybody goes home meanwhile."""
        while not self._over.is_set():
            profile = self.fleet.browser()
            begun = profile.begin()
            if self._judged(begun.answer, "start") == 200:
                callback = self.fleet.provider.approve(begun.send_to, **who)
                login = self._landed(profile, callback, begun, who)
                if login is not None:
                    return login
                if not self._over.is_set():
                    with self._counting:
                        self.begun_again += 1
            self._over.wait(0.05)
        return None

    def _landed(self, profile: Browser, callback: str, begun: Begun, who: dict[str, str]) -> Login | None:
        first, deadline = True, time.monotonic() + RELOADS_SECONDS
        while not self._over.is_set():
            if time.monotonic() > deadline:
                self.faults.append("a callback that was reloaded to the end")
                break
            answer = profile.come_back(callback)
            if answer.status == 303 and answer.code is None and profile.session_cookie:
                login = Login(begun.login, who, profile, time.monotonic(), dict(profile.cookies))
                with self._counting:
                    self.answers["callback 303"] += 1
                    self.answered.append(login)
                    self.reloaded += not first
                self._seen(login)
                return login
            if answer.code is not None:  # on a page with a clean address, which bears the status
                page = profile.visit(answer.header("location") or "")
                # What its claim's first delivery exchanged was lost with it: the user is told, and starts again.
                good = 409 if answer.code == "interrupted" else 503
                if self._judged(page, f"callback, {answer.code},", good) != 503:
                    return None
            elif self._judged(answer, "callback", 202) not in (202, 503):  # 202: another delivery of it is at work
                return None
            first = False
            self._over.wait(0.1)
        return None

    def _seen(self, login: Login) -> None:
        """Their first page with the new session: it is theirs, as soon as the database can say so."""
        deadline = time.monotonic() + RELOADS_SECONDS
        while self._judged(answer := login.profile.me(), "request") == 503 and not self._over.wait(0.1):
            if time.monotonic() > deadline:
                self.faults.append(f"{login.id}: no answer to the end")
                break
        if answer.status == 200 and subjects(answer) != [login.who["user_id"]]:
            self.faults.append(f"somebody else's session: {answer.text[:200]}")

    def _sign_out(self, login: Login) -> None:
        login.signed_out = None
        while not self._over.is_set():
            if self._judged(login.profile.sign_out(), "sign-out", 204) == 204:
                login.signed_out = True
                return
            self._over.wait(0.1)

    def _judged(self, answer: Answer, what: str, good: int = 200) -> int:
        with self._counting:
            self.answers[f"{what} {answer.status}"] += 1
        if answer.status != good and not (answer.status == 503 and answer.header("retry-after")):
            self.faults.append(f"{what}: {answer.status} {answer.header('location')} {answer.text[:200]}")
        return answer.status


def subjects(answer: Answer) -> list[str]:
    return [one["subject"] for one in answer.json()["identities"]]


def missing(fleet: Fleet, answered: Sequence[Login]) -> list[str]:
    """What was answered and is not so in the database; and what is there twice."""
    rows, before = fleet.rows, [login.signed_out for login in answered]
    sessions: dict[str, list[bool]] = {}
    for login, is_live in rows.query("SELECT login, revoked_at IS NULL FROM sessions"):
        sessions.setdefault(login, []).append(is_live)
    wrong = []
    for login, was_signed_out in zip(answered, before, strict=True):
        possible = {was_signed_out, login.signed_out}  # people go on while this looks
        expected = [[True], [False]] if None in possible else [[not one] for one in possible]
        if sessions.get(login.id) not in expected:
            wrong.append(f"the session of {login.id}: {sessions.get(login.id)}")
    tied = Counter(subject for _, subject, _ in rows.identities())
    wrong += [f"{who} is there {count} times" for who, count in tied.items() if count > 1]
    return wrong + [f"{login.who['user_id']} is not there" for login in answered if login.who["user_id"] not in tied]


def unknown(fleet: Fleet, node: Node, answered: Sequence[Login]) -> list[str]:
    """Whose session this node does not know for theirs, and who is still signed in after they signed out. The node has
    just been started, so that it remembers nobody."""

    def asked(login: Login) -> str | None:
        profile = fleet.at(node, login.profile)
        profile.cookies = dict(login.cookies)
        answer = profile.me()
        if login.signed_out is None:
            return None
        if login.signed_out:
            return None if answer.status == 401 else f"signed out, and {answer.status}"
        known = answer.status == 200 and subjects(answer) == [login.who["user_id"]]
        return None if known else f"{login.id}: {answer.status} {answer.text[:100]}"

    with ThreadPoolExecutor(8) as pool:
        return [fault for fault in pool.map(asked, answered) if fault]
