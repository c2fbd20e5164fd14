"""Runs the start-up check of one app: at its start, or else before its first request.

How this works. A server with a lifespan starts the app, and the check with it. But nothing starts a mounted sub-app, an
app in a server without lifespan (daphne, ``--lifespan off``), or a serverless one. There the check runs before the
first request to the routes is answered, or before the first ``session_of``. It goes through the app that the request
shows, and asks where this request arrived, too.

Until the check has passed, each request to the routes is answered with an error, and so is ``session_of``. So there is
no sign-in that works by halves. The reason is in the log, and on the page where the app is on this machine.

What a request shows is also compared with the settings: if the server says that the app is below ``/app``, and the
callback URL does not, then no callback can arrive.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Any

from ...errors import Misconfigured, SettingsError
from ...settings import Settings
from ...settings.addresses import is_loopback
from ..once_per_minute import OncePerMinute, more
from . import check as startup_check
from .attempts import Attempts
from .in_process import AsgiApp, WsgiApp
from .places import Place, asgi_places, place_of
from .run import current_run
from .verdicts import Mounts, arrival_problem, forgotten, not_taken

log = logging.getLogger("valetkey")


class Once:
    """The start-up check of one app.

    Args:
        settings: of the app.
        find: returns the paths of the routes in an app. None: an ASGI app is checked at its start only.
        add_them: the code that adds the routes to an app.

    Attributes:
        app_passed: whether the app lets sign-in through.
        settled: whether, besides, a request has arrived at the routes as the settings say. Nothing is left to check.
        watches_sessions: whether ``before_session`` has anything left to do.
    """

    def __init__(
        self, settings: Settings, *, find: Callable[[Any], Sequence[str]] | None = None, add_them: str = ""
    ) -> None:
        self._settings = settings
        self._find = find
        self._add_them = add_them
        self._lines = OncePerMinute()
        self._task: asyncio.Task[str | None] | None = None
        self._attempts = Attempts()
        self.watches_sessions = True
        # By the id() of an app, and the app itself, so that the id stays its own. Not each kind of app can be hashed.
        self._paths: dict[int, tuple[object, Sequence[str]]] = {}
        self._without_routes: dict[int, object] = {}
        self.app_passed = False
        self.settled = False

    async def at_start(self, app: AsgiApp) -> None:
        """Check an ASGI app when it starts.

        Raises:
            SettingsError: the app does not let sign-in through, or there is no asyncio.
        """
        startup_check.require_asyncio()
        self.app_passed = await startup_check.check_asgi_app(app, self._settings, mounts=self._mounts(app))

    def paths_in(self, app: object) -> Sequence[str]:
        """Return the paths of the routes in an app, which are looked for until they are found."""
        known = self._paths.get(id(app))
        if known is not None:
            return known[1]
        found = self._mounts(app).paths or ()
        if found:
            self._paths[id(app)] = app, found
        return found

    async def before_answer(self, app: AsgiApp, arrived: str, path: str) -> None:
        """Call it before a request to the routes of an ASGI app is answered, until all is settled.

        Args:
            app: the outermost app that the request shows.
            arrived: the path of the routes in the request, with its root path.
            path: the path of the routes, as ``path`` of the request has it.

        Raises:
            Misconfigured: the app does not let sign-in through. The log says why.
        """
        if self._is_of_check(arrived) or self._find is None:
            return
        mounts = self._mounts(app)
        try:
            startup_check.require_asyncio()
            self._judge_arrival(arrived, mounts)
            await self._check(app, mounts, place_of(arrived, path, mounts.paths or ()))
        except SettingsError as fault:
            raise self.refusal(fault) from None
        self.settled = self.app_passed
        self.watches_sessions = not self.settled

    async def before_session(self, app: AsgiApp, *, root_path: str, path: str, is_nested: bool) -> None:
        """Call it before the app asks for a session, until all is settled.

        Args:
            app: the outermost app that the request shows.
            root_path: of the request.
            path: of the request. It is one of the app's own.
            is_nested: whether this app may be mounted in another one, which may have the routes.

        Raises:
            Misconfigured: the app does not let sign-in through. The log says why.
        """
        if current_run() is not None or id(app) in self._without_routes or self._find is None:
            return
        if not self.app_passed:
            mounts = self._mounts(app)
            if not mounts.paths:
                self._without_routes[id(app)] = app
                if not is_nested:
                    log.error(forgotten(self._settings, self._add_them))
                return
            try:
                startup_check.require_asyncio()
                await self._check(app, mounts, [])
            except SettingsError as fault:
                raise self.refusal(fault) from None
        if self.app_passed and not root_path:
            sentence = not_taken(self._settings, path, self.paths_in(app))
            if sentence is not None:
                log.error(sentence)
            # An app at the root of its host gets no request that shows anything.
            self.watches_sessions = sentence is None and bool(self._settings.public_base) and not self.settled

    def before_wsgi_answer(
        self, app: WsgiApp, arrived: str, *, mounts: Mounts | None = None, places: Sequence[Place] | None = None
    ) -> None:
        """As ``before_answer``, for a WSGI app.

        Args:
            app: the whole app.
            arrived: the path of the routes in the request, with its ``SCRIPT_NAME``.
            mounts: where the routes are in the app, if the framework can tell.
            places: where to ask. Default: wherever requests can arrive.

        Raises:
            Misconfigured: the app does not let sign-in through. The log says why.
        """
        if self._is_of_check(arrived):
            return
        try:
            self._judge_arrival(arrived, mounts or self._mounts(app))
            self.check_wsgi(app, mounts=mounts, places=places)
        except SettingsError as fault:
            raise self.refusal(fault) from None
        self.settled = self.app_passed

    def before_wsgi_session(
        self, app: WsgiApp, *, mounts: Mounts | None = None, places: Sequence[Place] | None = None
    ) -> None:
        """As ``before_session``, for a WSGI app.

        Args:
            app, mounts, places: as for ``before_wsgi_answer``.

        Raises:
            Misconfigured: the app does not let sign-in through. The log says why.
        """
        if current_run() is not None:
            return
        try:
            self.check_wsgi(app, mounts=mounts, places=places)
        except SettingsError as fault:
            raise self.refusal(fault) from None

    def check_wsgi(self, app: WsgiApp, *, mounts: Mounts | None = None, places: Sequence[Place] | None = None) -> None:
        """Check a WSGI app, unless it has passed, or has just failed.

        Raises:
            SettingsError: the app does not let sign-in through.
        """
        if self.app_passed or self._attempts.was_just_made() or current_run() is not None:
            return
        # In a context of its own: the request that waits keeps its g, and its database connections.
        self._attempts.record(Context().run(self._wsgi_fault, app, mounts or self._mounts(app), places))

    async def _check(self, app: AsgiApp, mounts: Mounts, here: list[Place]) -> None:
        if self.app_passed or self._attempts.was_just_made():
            return
        task, loop = self._task, asyncio.get_running_loop()
        if task is None or task.done() or task.get_loop() is not loop:
            places = [*here, *asgi_places(self._settings)]
            # Of its own, so that it ends even if the client of this request goes, and all who wait learn its result.
            task = self._task = loop.create_task(self._asgi_fault(app, mounts, places), context=Context())
        self._attempts.record(await asyncio.shield(task))

    async def _asgi_fault(self, app: AsgiApp, mounts: Mounts, places: Sequence[Place]) -> str | None:
        try:
            passed = await startup_check.check_asgi_app(app, self._settings, mounts=mounts, places=places)
        except SettingsError as fault:
            return fault.hint
        self.app_passed = self._attempts.is_enough(passed)
        return None

    def _wsgi_fault(self, app: WsgiApp, mounts: Mounts, places: Sequence[Place] | None) -> str | None:
        try:
            passed = startup_check.check_wsgi_app(app, self._settings, mounts=mounts, places=places)
        except SettingsError as fault:
            return fault.hint
        self.app_passed = self._attempts.is_enough(passed)
        return None

    def _is_of_check(self, arrived: str) -> bool:
        """Return whether this request is one of the check's own, which learns where it arrived."""
        run = current_run()
        if run is not None:
            run.arrived = run.arrived or arrived
        return run is not None

    def _judge_arrival(self, arrived: str, mounts: Mounts) -> None:
        sentence = arrival_problem(self._settings, arrived, mounts)
        if sentence is not None:
            raise SettingsError(sentence)

    def _mounts(self, app: object) -> Mounts:
        return Mounts(paths=self._find(app) if self._find else None, add_them=self._add_them)

    def refusal(self, fault: SettingsError) -> Misconfigured:
        """Return the error for a request that is not answered because of a fault, and log the fault, once a minute."""
        left_out = self._lines.count("refused")
        if left_out is not None:
            log.error("sign-in does not work in this app: %s%s", fault.hint, more(left_out))
        return Misconfigured(fault.hint if is_loopback(self._settings.public_origin) else None)
