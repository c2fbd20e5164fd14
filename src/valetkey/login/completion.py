"""Once the provider has said who it is: an account, the app's own people, and a session; or one identity more.

Each way is one step of the store, fenced by the claim. Only where the app has people of its own are there two, with its
``resolve_account`` in between, outside of any transaction of ours: the first step notes the account in the claim, so
that whoever takes over from a dead node goes on from there and asks the provider nothing.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable

from ..errors import AppFailed, SessionChanged, SignInRefused, UserError
from ..http_client.runner import Runner
from ..models import Account, Identity, Profile
from ..sessions.service import Sessions
from ..storage.base import AttachIdentity, Authentication, Lease, NewSession, OpenSession, Resolved, SessionRow, Store
from .attempt import LoginAttempt, PendingLink
from .one_time_codes import CodeIssued, OneTimeCodes
from .results import Client, LoginResults, SignedIn

Resolve = Callable[[Identity, str], object]

log = logging.getLogger("valetkey")


class LoginCompletion:
    """The ways to end a login well.

    Args:
        resolve: the app's ``resolve_account(identity, account_id)``, sync or async. It may be called again for the same
            account, and must get or create by ``account_id``. It raises ``SignInRefused`` to refuse.
    """

    def __init__(
        self,
        *,
        store: Store,
        sessions: Sessions,
        outcomes: LoginResults,
        handoffs: OneTimeCodes,
        runner: Runner,
        lifetime_seconds: float,
        resolve: Resolve | None = None,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._outcomes = outcomes
        self._handoffs = handoffs
        self._runner = runner
        self._lifetime_seconds = lifetime_seconds
        self._resolve = resolve

    async def enter(
        self, lease: Lease, held: LoginAttempt, profile: Profile, browser: Client
    ) -> SignedIn | CodeIssued | None:
        """None: the claim is another's by now.

        Raises:
            UserError: a disabled account, an identity of another's, the app's own reasons. The claim says so, too.
            StoreError
        """
        if held.link_to is not None:
            return await self._link(lease, held, profile, browser)
        who = Authentication(held.provider, profile)
        if self._resolve is None:
            return await self._end(lease, held, who, browser)
        account = await self._store.resolve(lease, who)
        if account is None:
            return None
        resolved = Resolved(account_id=account.id, provider=who.provider, subject=who.subject)
        return await self._resolved(lease, held, account, resolved, browser)

    def verified(self, owner: str, held: LoginAttempt, profile: Profile) -> PendingLink:
        """What waits for the page to say, by its token, whose identity this is to be."""
        return PendingLink(
            id=held.id,
            provider=held.provider,
            token=held.token,
            owner=owner,
            challenge=held.challenge or "",
            subject=profile.subject,
            handle=profile.preferred_username,
            name=profile.name,
            # It travels in a cookie or an address, which have their limits.
            picture=profile.picture if len(profile.picture or "") <= 500 else None,
            began_at=held.first_began_at or held.began_at,
            mode=held.mode,
            return_to=held.return_to,
            link_by=held.link_by or None,
        )

    async def go_on(
        self, lease: Lease, held: LoginAttempt, resolved: Resolved, browser: Client
    ) -> SignedIn | CodeIssued | None:
        """The same from where a node that died had come to: the account is known. None also if it has gone since.
        Raises: as ``enter``."""
        account = await self._store.read_account(resolved.account_id)
        if account is None:
            return None
        return await self._resolved(lease, held, account, resolved, browser)

    async def _resolved(
        self, lease: Lease, held: LoginAttempt, account: Account, who: Resolved, browser: Client
    ) -> SignedIn | CodeIssued | None:
        came = (who.provider, who.subject)
        identity = next((one for one in account.identities if (one.provider, one.subject) == came), None)
        if identity is None:  # untied since
            return None
        if self._resolve is not None:
            try:
                await self._runner.call(self._resolve, identity, account.id)
            except UserError as refused:
                await self._store.fail_claim(lease, SignInRefused.code)
                raise refused
            except Exception as fault:
                log.exception(
                    "resolve_account failed; the person was not signed in, and the next sign-in calls it again"
                )
                await self._store.fail_claim(lease, AppFailed.code)
                raise AppFailed from fault
        return await self._end(lease, held, who, browser)

    async def _end(
        self, lease: Lease, held: LoginAttempt, who: Authentication | Resolved, browser: Client
    ) -> SignedIn | CodeIssued | None:
        if self._handoffs.opener(held) is not None:
            return await self._handoffs.issue_one_time_code(lease, held, who)
        new = self._new_session(held, browser)
        return self._opened(held, new, await self._store.complete(lease, OpenSession(who, new)))

    async def _link(self, lease: Lease, held: LoginAttempt, profile: Profile, browser: Client) -> SignedIn | None:
        session = browser.session
        if session is None or held.link_to is None:
            raise SessionChanged
        who = Authentication(held.provider, profile)
        row = await self._store.complete(lease, AttachIdentity(who, held.link_to, session.id))
        if row is None:
            return None
        self._sessions.changed(held.link_to)
        return self._outcomes.signed_in(held, row, is_new=False)

    def _new_session(self, held: LoginAttempt, browser: Client) -> NewSession:
        return NewSession(
            id=secrets.token_urlsafe(16),
            login_id=held.id,
            lifetime_seconds=self._lifetime_seconds,
            replaces=browser.session.id if browser.session else None,
            device_name=browser.name,
            network=browser.network,
        )

    def _opened(self, held: LoginAttempt, new: NewSession, row: SessionRow | None) -> SignedIn | None:
        if row is None:
            return None
        if new.replaces:
            self._sessions.ended(new.replaces)
        return self._outcomes.signed_in(held, row)
