"""Finishing a login that came back: claim, exchange, complete, answer.

How this works:

- ``Store.claim`` gives one delivery of a callback the lease. Every write from then on names the lease, and writes
  nothing if another delivery holds the claim by then.
- The lease lasts for fifteen seconds, longer than a callback may take. A claim whose lease has lapsed belonged to a
  node that died. The next delivery takes it over, and assumes that an exchange may have been sent.
- If it is unknown whether the verifier was used, it cannot be used again. The login is restarted in the same window,
  at most twice.
- A failure is written into the claim before the client is answered, so that every other delivery and the page get
  the same answer.
- A delivery that does not get the lease waits for the outcome and answers with it. It never sends an exchange.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from functools import partial

from ..crypto.randomness import random_id
from ..errors import Interrupted, ProviderError, SessionChanged, StoreError, ValetkeyError
from ..http_client.runner import Runner
from ..models import Profile
from ..protocols.base import CallbackParameters
from ..providers.record.provider import Provider
from ..storage.base import Claim, Lease, Store
from .attempt import LoginAttempt, claim_key
from .collecting import LoginCollector
from .completion import Delivery, LoginCompletion
from .exchange import FINISH_SECONDS, LostReply, without_traceback
from .failures import LoginFailures
from .judging import CallbackJudge
from .one_time_codes import OneTimeCodes
from .provider_client import ProviderClient
from .results import CallbackResult, Client, StillFinishing
from .starting import MAX_RESTARTS, LoginStarter
from .states import UNFINISHED, Event, State, error_of, state_of_claim, status_of

log = logging.getLogger("valetkey")


class LeaseLost(Exception):
    """Another delivery has taken over the claim meanwhile, and the login's end is its to say."""


class LoginFinisher:
    """Finishes logins, once each."""

    def __init__(
        self,
        *,
        starter: LoginStarter,
        store: Store,
        judge: CallbackJudge,
        collector: LoginCollector,
        failures: LoginFailures,
        one_time_codes: OneTimeCodes,
        completion: LoginCompletion,
        provider_client: ProviderClient,
        runner: Runner,
    ) -> None:
        self._starter = starter
        self._store = store
        self._judge = judge
        self._collector = collector
        self._failures = failures
        self._one_time_codes = one_time_codes
        self._completion = completion
        self._provider_client = provider_client
        self._runner = runner

    async def finish(
        self,
        provider: Provider,
        parameters: CallbackParameters,
        attempt: LoginAttempt,
        client: Client,
        may_restart: bool,
        display_name: str | None = None,
    ) -> CallbackResult:
        """Finish a login whose callback was judged to be good.

        Args:
            provider: the provider that the login began with.
            parameters: what the callback brought, with the verifier or the code.
            attempt: the login.
            client: who presents the callback.
            may_restart: whether the answer can be a new start.
            display_name: names the identity if the provider's reply does not.

        Returns:
            What the client is answered.

        Raises:
            StoreError: nothing was issued, and the same callback may be delivered again.
        """
        lease = Lease(claim_key(attempt.provider, attempt.request_id), random_id())
        binding = self._one_time_codes.binding_of(attempt)
        delivery = Delivery(provider, attempt, client, lease, binding, may_restart, time.monotonic() + FINISH_SECONDS)
        # Claim
        claim = await self._store.claim(lease, binding)
        if not claim.mine:
            return await self.answer_claimed(await self._wait(claim), attempt, client)
        lost: LostReply | None = None
        result: CallbackResult | None = None
        try:
            if claim.resolved is None:
                # Exchange
                profile = await self._exchange(parameters, delivery, is_repeat=claim.taken_over)
                if display_name is not None and not profile.name:
                    profile = replace(profile, name=display_name)
                # Complete
                result = await self._completion.complete(delivery, profile)
            else:
                result = await self._completion.resume(delivery, claim.resolved)
        except LostReply as failure:
            lost = without_traceback(failure)
        except LeaseLost:
            pass
        except StoreError:
            raise
        except ValetkeyError as error:
            return self._failures.failed(attempt, error, State.CLAIMED, Event.FAIL)
        # Answer
        if lost is not None:
            return await self._begin_again(delivery, lost)
        if result is not None:
            return result
        # Another delivery has taken over the claim, or the account was deleted. In the second case the claim must end
        # here, so that no other delivery waits for it.
        await self._store.fail_claim(lease, Interrupted.code)
        return await self.answer_claimed(await self._store.find_claim(lease.key), attempt, client)

    async def _exchange(self, parameters: CallbackParameters, delivery: Delivery, *, is_repeat: bool) -> Profile:
        """Exchange the verifier or the code for the user's identity. If it fails for good, the claim has failed, too.

        Raises:
            LostReply: it is unknown whether the verifier was used.
            LeaseLost: the provider refused, and another delivery holds the claim by now.
            ProviderError, SuspendedAtProvider: the provider refused, or its reply is not usable.
            RefusedError, BadRequest: the callback does not fit the request. Nothing was sent.
            SettingsError: the way out to the provider is not set up right.
            SessionChanged: the user has signed out meanwhile.
            StoreError: the claim stays open, and the same callback may be delivered again.
        """
        attempt, provider = delivery.attempt, delivery.provider
        try:
            profile = await self._provider_client.exchange(
                provider,
                attempt.pending_request,
                parameters,
                is_repeat=is_repeat,
                may_repeat=partial(self._store.record_second_exchange, delivery.lease),
            )
            if await self._judge.was_signed_out(attempt, delivery.client):
                raise SessionChanged
        except StoreError:
            raise
        except ValetkeyError as error:
            has_failed = await self._store.fail_claim(delivery.lease, error.code)
            if not has_failed and isinstance(error, ProviderError):
                # The other delivery's exchange may have revoked this one's access token (RFC 6749 §4.1.2).
                raise LeaseLost from error
            raise
        return profile

    async def _begin_again(self, delivery: Delivery, lost: LostReply) -> CallbackResult:
        """Restart the login in the same window and void the claim, because the reply to the exchange is lost. X sends
        users who have approved back without a click, so that they only see a delay.

        This delivery keeps the claim until the new start has succeeded. If the start fails, the claim records that.
        """
        attempt, name = delivery.attempt, delivery.attempt.provider
        why = lost.cause.hint if lost.cause is not None else "the server that sent the first exchange died"
        if attempt.restarts >= MAX_RESTARTS or not delivery.may_restart:
            log.warning("%s: the login ends, because its exchange was lost: %s", name, why)
            return await self._fail_lost(delivery, lost.cause)
        log.warning("%s: the login begins again (%d of %d): %s", name, attempt.restarts + 1, MAX_RESTARTS, why)
        try:
            started = await self._starter.begin_again(delivery.provider, attempt, delivery.deadline - time.monotonic())
        except ProviderError as error:
            return await self._fail_lost(delivery, error)
        claim = await self._store.void(delivery.lease)
        return started if claim.mine else await self.answer_claimed(claim, attempt, delivery.client)

    async def _fail_lost(self, delivery: Delivery, cause: ProviderError | None) -> CallbackResult:
        """End a login whose exchange was lost: with the provider's error, or as interrupted if a node died."""
        event = Event.FAIL if cause is not None else Event.INTERRUPT
        error = cause or Interrupted()
        if await self._store.fail_claim(delivery.lease, error.code):
            return self._failures.failed(delivery.attempt, error, State.CLAIMED, event)
        claim = await self._store.find_claim(delivery.lease.key)
        return await self.answer_claimed(claim, delivery.attempt, delivery.client)

    async def _wait(self, claim: Claim) -> Claim | None:
        """Wait for the delivery that holds the claim, for as long as this worker may wait."""
        waited, step = 0.0, 0.05
        found: Claim | None = claim
        while found is not None and state_of_claim(found) in UNFINISHED and waited < self._runner.max_wait_seconds:
            await self._runner.sleep(step)
            waited, step = waited + step, min(step * 1.5, 0.4)
            found = await self._store.find_claim(claim.key)
        return found

    async def answer_claimed(self, claim: Claim | None, attempt: LoginAttempt, client: Client) -> CallbackResult:
        """Answer a callback whose login another delivery has claimed: with the same outcome, and without an exchange.

        Raises:
            StoreError: the database does not answer.
        """
        state = state_of_claim(claim) if claim is not None else State.VOIDED
        if claim is not None and state in UNFINISHED:
            return StillFinishing()
        if claim is not None and state in (State.SIGNED_IN, State.CODE_ISSUED):
            if self._one_time_codes.binding_of(attempt) is not None:
                return self._one_time_codes.code_for(attempt)
            resumed = await self._collector.resume_session(claim, attempt, client)
            if resumed is not None:
                return resumed
            state = State.SESSION_OVER
        error = error_of(status_of(state), claim) or Interrupted()
        return self._failures.failed(attempt, error, state, Event.CALLBACK_AGAIN)
