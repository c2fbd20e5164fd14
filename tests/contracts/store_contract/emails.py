"""E-mail addresses: data of an identity, which no verb looks an account up by."""

from __future__ import annotations

import json

import pytest

from valetkey.errors import IdentityTaken
from valetkey.models import Account, Identity, Profile
from valetkey.storage.base import AttachIdentity, Authentication, Lease, OpenSession, SessionRow

from .bench import Bench, a_key, a_session

ADDRESS = "ada@example.com"


def addressed(subject: str, email: str | None = ADDRESS, verified: bool = True) -> Profile:
    return Profile(subject=subject, preferred_username="ada", name="Ada", email=email, email_verified=verified)


def sign_in(bench: Bench, profile: Profile, provider: str = "twitter") -> SessionRow:
    lease = Lease(a_key(), "owner")
    assert bench.claim(lease.key, lease.owner).mine
    row = bench.run(bench.store.complete(lease, OpenSession(Authentication(provider, profile), a_session())))
    assert row is not None
    return row


def link(bench: Bench, to: SessionRow, profile: Profile, provider: str = "twitter") -> SessionRow | None:
    lease = Lease(a_key(), "owner")
    assert bench.claim(lease.key, lease.owner).mine
    attaching = AttachIdentity(Authentication(provider, profile), to.account.id, to.id)
    return bench.run(bench.store.complete(lease, attaching))


def email_of(account: Account) -> tuple[str | None, bool]:
    (identity,) = account.identities
    return identity.email, identity.email_verified


class EmailsContract:
    @pytest.mark.parametrize("provider", ["twitter", "acme"], ids=["one provider", "two providers"])
    def test_one_verified_address_is_two_accounts(self, bench: Bench, provider: str) -> None:
        """Beside the control: the subject is what makes it one account, whatever the address says."""
        first, second = sign_in(bench, addressed("1")), sign_in(bench, addressed("2"), provider)
        assert first.account.id != second.account.id
        assert [email_of(row.account) for row in (first, second)] == [(ADDRESS, True)] * 2
        for row, subject, its in ((first, "1", "twitter"), (second, "2", provider)):
            again = sign_in(bench, addressed(subject), its)
            assert again.account == row.account
            assert sign_in(bench, addressed(subject, "other@example.com"), its).account.id == row.account.id
        assert (bench.count("accounts"), bench.count("identities")) == (2, 2)

    def test_an_address_of_a_linked_identity_moves_nothing(self, bench: Bench) -> None:
        """Linked to an account, unlinked from it, or asked for by another: the address follows the identity."""
        first, second = sign_in(bench, addressed("1")), sign_in(bench, addressed("2"))
        linked = link(bench, first, addressed("3"))
        assert linked is not None
        assert [one.subject for one in linked.account.identities] == ["1", "3"]
        with pytest.raises(IdentityTaken):
            link(bench, second, addressed("3"))
        left = bench.unlink(first, "3")
        assert [one.subject for one in left.identities] == ["1"]
        assert sign_in(bench, addressed("3")).account.id not in (first.account.id, second.account.id)

    def test_a_resolved_login_has_it(self, bench: Bench) -> None:
        """What an app's ``resolve_account`` gets comes from here."""
        lease = Lease(a_key(), "owner")
        bench.claim(lease.key, lease.owner)
        account = bench.run(bench.store.resolve(lease, Authentication("twitter", addressed("1"))))
        assert account is not None
        assert email_of(account) == (ADDRESS, True)

    def test_everything_that_reads_an_account_has_it(self, bench: Bench) -> None:
        row = sign_in(bench, addressed("1"))
        second = link(bench, row, addressed("2", "two@example.com", verified=False))
        assert second is not None
        expected = (
            Identity(provider="twitter", subject="1", handle="ada", name="Ada", email=ADDRESS, email_verified=True),
            Identity(provider="twitter", subject="2", handle="ada", name="Ada", email="two@example.com"),
        )
        stored = bench.read_session(row.id)
        assert stored is not None
        accounts = (second.account, stored.account, bench.read_account(row.account.id), *bench.list_accounts())
        assert [account.identities for account in accounts if account] == [expected] * 4
        kept = bench.export_account(row.account.id)
        assert kept is not None
        exported = [(one["email"], one["email_verified"]) for one in json.loads(json.dumps(kept["identities"]))]
        assert json.dumps(exported) == '[["ada@example.com", true], ["two@example.com", false]]'

    def test_it_is_what_the_last_sign_in_said(self, bench: Bench) -> None:
        """An address that is not given stays, but is not verified any more; a new one brings its own flag; and a
        flag without an address says nothing."""
        for given, verified, kept in (
            (None, False, (None, False)),
            (None, True, (None, False)),
            ("a@example.com", False, ("a@example.com", False)),
            ("a@example.com", True, ("a@example.com", True)),
            ("b@example.com", False, ("b@example.com", False)),
            ("b@example.com", True, ("b@example.com", True)),
            ("B@example.com", True, ("B@example.com", True)),
            (None, False, ("B@example.com", False)),
            (None, True, ("B@example.com", False)),
        ):
            row = sign_in(bench, addressed("1", given, verified))
            assert email_of(row.account) == kept
            assert bench.read_account(row.account.id) == row.account
        assert bench.count("identities") == 1

    @pytest.mark.parametrize("flag", ["false", "true", 1, [True]], ids=repr)
    def test_a_flag_that_is_not_true_is_false(self, bench: Bench, flag: bool) -> None:
        assert email_of(sign_in(bench, addressed("1", verified=flag)).account) == (ADDRESS, False)

    def test_a_change_is_noted_once(self, bench: Bench) -> None:
        """Other processes show a cached account until they read that it has changed. What has not changed is not
        written."""
        row = sign_in(bench, addressed("1"))
        assert dict(bench.revocations().changed) == {}
        for profile, count in ((addressed("1"), 7), (addressed("1", verified=False), 9)):
            lease = Lease(a_key(), "owner")
            bench.claim(lease.key, lease.owner)
            ending = OpenSession(Authentication("twitter", profile), a_session())
            sent = bench.statements(lambda store, lease=lease, ending=ending: store.complete(lease, ending))  # type: ignore[misc]
            assert len(sent) == count
        assert set(bench.revocations().changed) == {row.account.id}

    def test_a_node_of_the_release_before(self, bench: Bench) -> None:
        """It still runs, on the new tables, and writes and reads identities without the two columns."""
        row = sign_in(bench, addressed("1"))
        subject = "'2'" if isinstance(bench.query("SELECT subject FROM identities")[0][0], str) else "'\\x32'"
        bench.query(
            "INSERT INTO identities (provider, subject, account_id, handle, name, picture, tied_at)"
            f" VALUES ('twitter', {subject}, '{row.account.id}', 'old', NULL, NULL, {bench.clock() + 1})"
        )
        account = bench.read_account(row.account.id)
        assert account is not None
        assert [(one.email, one.email_verified) for one in account.identities] == [(ADDRESS, True), (None, False)]
        bench.query("UPDATE identities SET handle = 'renamed', name = 'New', picture = NULL")
        known = sign_in(bench, addressed("2", "two@example.com")).account
        assert known.id == row.account.id
        assert [(one.email, one.email_verified) for one in known.identities] == [
            (ADDRESS, True),
            ("two@example.com", True),
        ]
