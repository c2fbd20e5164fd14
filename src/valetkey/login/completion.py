"""The end of a login, once the provider has said who the user is: an account and a session, or one more identity.

A login ends in one transaction (``Store.complete``), which the lease guards: if another delivery has taken over the
claim, nothing is written. If the app has its own users table, there are two transactions, and the app's
``resolve_account`` is called between them, outside of both. The first one records the account in the claim. A node that
takes over from a dead one continues from there and does not ask the provider again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from ..crypto.randomness import random_id
from ..errors import AppFailed, SessionChanged, SignInRefused, UserError
from ..http_client.runner import Runner
from ..models import Account, Identity, Profile
from ..models.value_class import value_class
from ..providers.record.provider import Provider
from ..sessions.service import SessionService, as_session
from ..storage.base import (
    AttachIdentity,
    Authentication,
    CrossSiteBinding,
    IssueOneTimeCode,
    Lease,
    NewSession,
    OpenSession,
    Resolved,
    Store,
)
from .attempt import LinkToAccount, LinkToCollector, LoginAttempt, PendingLink
from .cookie_codec import LoginCookieCodec
from .current_user import takes_current_user, user_of_login
from .one_time_codes import OneTimeCodes, hash_of
from .results import Client, CodeIssued, LinkWaits, SignedIn

Resolve: TypeAlias = Callable[[Identity, str], object] | Callable[[Identity, str, Any], object]
"""An app's ``resolve_account``, without or with a parameter ``current_user``."""

log = logging.getLogger("valetkey")

MAX_SEALED_PICTURE_CHARACTERS = 500  # the address of a picture goes into a cookie or a URL, whose length is limited


@value_class(frozen=True, slots=True)
class Delivery:
    """One delivery of a callback, which finishes a login.

    Attributes:
        provider: the provider that the login began with.
        attempt: the login.
        client: who presents the callback.
        lease: this delivery's right to finish the login.
        binding: binds the login to a page on another site. None if its page is on this site.
        may_restart: whether the answer can be a new start.
        deadline: a time of ``time.monotonic()``, in seconds.
    """

    provider: Provider
    attempt: LoginAttempt
    client: Client
    lease: Lease
    binding: CrossSiteBinding | None
    may_restart: bool
    deadline: float


class LoginCompletion:
    """Completes logins: opens a session, issues a one-time code, or links an identity.

    Args:
        lifetime_seconds: of the sessions that are opened.
        resolve: the app's ``resolve_account(identity, account_id)``, sync or async. It may be called again for the same
            account, and must get or create its user by ``account_id``. It raises ``SignInRefused`` to refuse. With a
            parameter ``current_user`` it is also passed the app's user who is signed in by other means, or None.
    """

    def __init__(
        self,
        *,
        codec: LoginCookieCodec,
        store: Store,
        sessions: SessionService,
        one_time_codes: OneTimeCodes,
        runner: Runner,
        lifetime_seconds: float,
        resolve: Resolve | None = None,
    ) -> None:
        self._codec = codec
        self._store = store
        self._sessions = sessions
        self._one_time_codes = one_time_codes
        self._runner = runner
        self._lifetime_seconds = lifetime_seconds
        self._resolve = resolve
        self._takes_user = takes_current_user(resolve)

    async def complete(self, delivery: Delivery, profile: Profile) -> SignedIn | CodeIssued | LinkWaits | None:
        """Complete a login.

        Args:
            delivery: the delivery that holds the claim.
            profile: who the provider says the user is.

        Returns:
            The result. None if the lease does not hold the claim any more, or the account has been deleted meanwhile.

        Raises:
            UserError: the account is disabled, the identity is another account's, the session that asked for a link is
                over, or the app refused. The claim has failed with that code.
            AppFailed: ``resolve_account`` raised another exception. The claim has failed with that code.
            StoreError: the database does not answer.
        """
        attempt = delivery.attempt
        if isinstance(attempt.link, LinkToCollector):
            return self._wait_for_page(delivery, attempt.link, profile)
        who = Authentication(attempt.provider, profile)
        if isinstance(attempt.link, LinkToAccount):
            return await self._attach(delivery, attempt.link, who)
        if self._resolve is None:
            return await self._sign_in(delivery, who)
        account = await self._store.resolve(delivery.lease, who)
        if account is None:
            return None
        resolved = Resolved(account_id=account.id, provider=who.provider, subject=who.subject)
        return await self._ask_app(delivery, resolved, account)

    async def resume(self, delivery: Delivery, resolved: Resolved) -> SignedIn | CodeIssued | None:
        """Complete a login of a dead node, which had recorded the account. Returns and raises as ``complete``."""
        account = await self._store.read_account(resolved.account_id)
        return None if account is None else await self._ask_app(delivery, resolved, account)

    async def _ask_app(self, delivery: Delivery, who: Resolved, account: Account) -> SignedIn | CodeIssued | None:
        key = (who.provider, who.subject)
        identity = next((one for one in account.identities if (one.provider, one.subject) == key), None)
        if identity is None:  # it was unlinked meanwhile
            return None
        if self._resolve is not None:
            try:
                resolve: Callable[..., object] = self._resolve
                if self._takes_user:
                    resolve = partial(resolve, current_user=await self._current_user(delivery))
                await self._runner.call(resolve, identity, account.id)
            except UserError as refused:
                await self._store.fail_claim(delivery.lease, SignInRefused.code)
                raise refused
            except Exception as fault:
                log.exception("resolve_account failed; the user was not signed in, and the next sign-in calls it again")
                await self._store.fail_claim(delivery.lease, AppFailed.code)
                raise AppFailed from fault
        return await self._sign_in(delivery, who)

    @staticmethod
    async def _current_user(delivery: Delivery) -> object:
        client = delivery.client
        return await user_of_login(delivery.attempt.app_user, client.find_user if client.session is None else None)

    async def _sign_in(self, delivery: Delivery, who: Authentication | Resolved) -> SignedIn | CodeIssued | None:
        """Open a session, or issue a one-time code if the page waits on another site."""
        attempt, client = delivery.attempt, delivery.client
        if delivery.binding is not None:
            issued = self._one_time_codes.code_for(attempt)
            code_hash = hash_of(issued.one_time_code, attempt.signed_in_as)
            return issued if await self._store.complete(delivery.lease, IssueOneTimeCode(who, code_hash)) else None
        new = NewSession(
            id=random_id(),
            login_id=attempt.id,
            lifetime_seconds=self._lifetime_seconds,
            replaces=client.session.id if client.session else None,
            device_name=client.device_name,
            network=client.network,
        )
        row = await self._store.complete(delivery.lease, OpenSession(who, new))
        if row is None:
            return None
        if new.replaces is not None:
            self._sessions.forget_session(new.replaces)
        return SignedIn(
            login_id=attempt.id,
            session=as_session(row),
            session_token=self._sessions.token_for(row),
            mode=attempt.mode,
            return_to=attempt.return_to,
        )

    async def _attach(self, delivery: Delivery, link: LinkToAccount, who: Authentication) -> SignedIn | None:
        session = delivery.client.session
        if session is None:
            raise SessionChanged
        row = await self._store.complete(delivery.lease, AttachIdentity(who, link.account_id, session.id))
        if row is None:
            return None
        self._sessions.forget_account(link.account_id)
        return SignedIn(
            login_id=delivery.attempt.id,
            session=as_session(row),
            session_token=None,
            mode=delivery.attempt.mode,
            return_to=delivery.attempt.return_to,
            linked=True,
        )

    def _wait_for_page(self, delivery: Delivery, link: LinkToCollector, profile: Profile) -> LinkWaits:
        """Seal the identity. The claim stays this owner's, so that the identity can be linked once."""
        attempt = delivery.attempt
        pending = PendingLink(
            id=attempt.id,
            provider=attempt.provider,
            request_id=attempt.request_id,
            owner=delivery.lease.owner,
            challenge=attempt.challenge or "",
            subject=profile.subject,
            handle=profile.preferred_username,
            name=profile.name,
            picture=profile.picture if len(profile.picture or "") <= MAX_SEALED_PICTURE_CHARACTERS else None,
            began_at=attempt.first_began_at or attempt.began_at,
            mode=attempt.mode,
            return_to=attempt.return_to,
            session_id=link.session_id,
            email=profile.email,
            email_verified=profile.email_verified,
        )
        return LinkWaits(link=pending, sealed=self._codec.seal(pending))
