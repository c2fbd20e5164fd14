"""How often the database is asked: the same on all of them, and no more than is needed."""

from __future__ import annotations

from valetkey.models import Profile
from valetkey.storage.base import (
    LOOK_SECONDS,
    AttachIdentity,
    Authentication,
    CrossSiteBinding,
    IssueOneTimeCode,
    Lease,
    OpenSession,
    Store,
)

from .bench import Bench, a_key, a_profile, a_session, attaching, signing_in


class StatementsContract:
    def test_a_look_up_is_one_statement(self, bench: Bench) -> None:
        """The session of each request, the list with the store's clock, and a page of accounts, however many."""
        row = bench.sign_in("1")
        bench.link(row, "2")
        bench.sign_in("3")
        account = row.account.id
        for verb in (
            lambda store: store.read_session(row.id),
            lambda store: store.revocations(),
            lambda store: store.find_claim("key"),
            lambda store: store.find_claim_of("login"),
            lambda store: store.read_account(account),
            lambda store: store.list_accounts(),
            lambda store: store.devices(account),
        ):
            assert len(bench.statements(verb)) == 1

    def test_a_login(self, bench: Bench) -> None:
        """Claimed in three, and ended in seven: begin, fence, account, session, event, pruning, commit. A first login
        creates account and identity."""
        bench.sign_in("1")
        new, known = Lease(a_key(), "owner"), Lease(a_key(), "owner")
        for lease in (new, known):
            assert len(bench.statements(lambda store, lease=lease: store.claim(lease))) == 3  # type: ignore[misc]
        first, again = signing_in(a_profile("2")), signing_in(a_profile("1"))
        assert len(bench.statements(lambda store: store.complete(new, first))) == 9
        assert len(bench.statements(lambda store: store.complete(known, again))) == 7

    def test_a_second_login_within_a_second(self, bench: Bench) -> None:
        """It does not look again for what has expired. The next one after that second does."""
        bench.sign_in("1")
        bench.freeze()
        leases = [Lease(a_key(), "owner") for _ in range(4)]
        for lease in leases:
            bench.claim(*_of(lease))

        async def end(store: Store) -> None:
            for lease, waits in zip(leases, (0.0, 0.0, LOOK_SECONDS - 0.1, 0.1), strict=True):
                bench.advance(waits)
                await store.complete(lease, signing_in(a_profile("1")))

        assert len(bench.statements(end)) == 7 + 6 + 6 + 7

    def test_a_login_that_changes_a_name(self, bench: Bench) -> None:
        """Three more, once: the account, the identity, and the note that both are others now."""
        bench.sign_in("1")
        renamed = Profile(subject="1", preferred_username="other", name="Other")
        for count in (10, 7):
            lease = Lease(a_key(), "owner")
            bench.claim(*_of(lease))
            sent = bench.statements(lambda store, lease=lease: store.complete(lease, signing_in(renamed)))  # type: ignore[misc]
            assert len(sent) == count

    def test_a_login_in_two_steps(self, bench: Bench) -> None:
        """Fourteen, with the app's own work in between."""
        bench.sign_in("1")
        lease = Lease(a_key(), "owner")
        bench.claim(*_of(lease))
        resolving = bench.statements(lambda store: store.resolve(lease, Authentication("twitter", a_profile("1"))))
        ending = OpenSession(bench.resolved(lease.key), a_session())
        assert (len(resolving), len(bench.statements(lambda store: store.complete(lease, ending)))) == (7, 7)

    def test_a_one_time_code(self, bench: Bench) -> None:
        bench.sign_in("1")
        lease, binding = Lease(a_key(), "owner"), CrossSiteBinding(login_id="login", challenge="challenge")
        bench.claim(*_of(lease), binding)
        ending = IssueOneTimeCode(Authentication("twitter", a_profile("1")), "hash")
        assert len(bench.statements(lambda store: store.complete(lease, ending))) == 6
        new = a_session()
        assert len(bench.statements(lambda store: store.redeem_one_time_code(binding, "hash", new))) == 8

    def test_a_link(self, bench: Bench) -> None:
        row, lease = bench.sign_in("1"), Lease(a_key(), "owner")
        bench.claim(*_of(lease))
        ending: AttachIdentity = attaching(row, "2")
        assert len(bench.statements(lambda store: store.complete(lease, ending))) == 10


def _of(lease: Lease) -> tuple[str, str]:
    return lease.key, lease.owner
