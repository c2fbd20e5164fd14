"""Finishing: completely or not at all, only with the lease, and one account for one identity."""

from __future__ import annotations

import pytest

from valetkey.errors import AccountDisabled, StoreError
from valetkey.models import Account, Identity, Profile
from valetkey.storage.base import Claim, SessionRow

from .bench import Bench, a_key, a_session

TABLES = ("accounts", "identities", "sessions", "audit_events", "revoked_sessions", "account_cutoffs")


def counts(bench: Bench) -> dict[str, int]:
    return {table: bench.count(table) for table in TABLES}


class FinishingContract:
    def test_what_is_finished(self, bench: Bench) -> None:
        bench.freeze()
        key, session = a_key(), a_session(lifetime_seconds=1000.0)
        bench.claim(key)
        bench.advance(3)
        profile = Profile(subject="1001", preferred_username="ada", name="Ada", picture="https://example.com/ada")
        row = bench.finish(key, profile=profile, session=session)
        now = bench.clock()

        assert row is not None
        identity = Identity(
            provider="twitter", subject="1001", handle="ada", name="Ada", picture="https://example.com/ada"
        )
        assert row == SessionRow(
            id=session.id,
            account=Account(id=row.account.id, name="Ada", picture="https://example.com/ada", identities=(identity,)),
            login_id=session.login_id,
            opened_at=now,
            expires_at=now + 1000.0,
            seen_at=now,
            presented_at=None,
            live=True,
            read_at=now,
        )
        assert len(row.account.id) == 22
        assert bench.read_session(session.id) == row
        assert bench.read_account(row.account.id) == row.account
        done = Claim(key=key, state="done", session_id=session.id, finished_at=now)
        assert bench.find_claim(key) == done
        assert bench.claim(key, "another") == done

    def test_without_the_claim_nothing_is_written(self, bench: Bench) -> None:
        """No claim, another's, and one that was voided meanwhile; also if it would replace a session."""
        present = bench.sign_in("7")
        held, burnt = a_key(), a_key()
        bench.claim(held, "another")
        bench.claim(burnt)
        bench.void(burnt)
        before = counts(bench)
        for key in (a_key(), held, burnt):
            assert bench.finish(key, session=a_session(replaces=present.id)) is None
        assert counts(bench) == before
        assert bench.is_live(present.id)
        assert bench.find_claim(held) == Claim(key=held, state="claimed")

    def test_it_is_finished_once(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        first = bench.finish(key)
        before = counts(bench)
        assert bench.finish(key) is None
        assert bench.fail_claim(key) is False
        assert counts(bench) == before
        claim = bench.find_claim(key)
        assert first is not None
        assert claim is not None
        assert claim.session_id == first.id

    def test_trouble_in_the_middle_leaves_nothing(self, bench: Bench) -> None:
        """A session id that is taken makes the last step fail: neither account nor outcome stay, and the claim is
        still its owner's."""
        taken = bench.sign_in("7")
        key = a_key()
        bench.claim(key)
        before = counts(bench)
        with pytest.raises(StoreError):
            bench.finish(key, session=a_session(taken.id))
        assert counts(bench) == before
        assert bench.find_claim(key) == Claim(key=key, state="claimed")
        assert bench.finish(key) is not None

    def test_a_second_login_of_the_same_user(self, bench: Bench) -> None:
        first, second = bench.sign_in("1001"), bench.sign_in("1001")
        assert first.account == second.account
        assert first.id != second.id
        assert bench.is_live(first.id)
        assert bench.is_live(second.id)
        assert (bench.count("accounts"), bench.count("identities")) == (1, 1)

    @pytest.mark.parametrize(
        "subjects",
        [
            ("7", "07", "007", "7 ", " 7", "7.0", "\uff17"),
            ("ada", "Ada", "ADA", "ada\0", "ada\0b", "%61da"),
            ("\u00e9", "e\u0301", "e", "\u00c9"),
            ("\ufb01", "fi", "\u017f", "s", "\u212a", "k"),
        ],
    )
    def test_an_identity_is_its_exact_bytes(self, bench: Bench, subjects: tuple[str, ...]) -> None:
        """Zeros, blanks, case, accents, compatibility forms: each is somebody else, and stays so."""
        accounts = {subject: bench.sign_in(subject).account for subject in subjects}
        assert len({account.id for account in accounts.values()}) == len(subjects)
        for subject, account in accounts.items():
            again = bench.sign_in(subject).account
            assert again.id == account.id
            assert [identity.subject for identity in again.identities] == [subject]

    def test_the_same_subject_at_another_provider_is_another_user(self, bench: Bench) -> None:
        here, there = bench.sign_in("1001"), bench.sign_in("1001", provider="Twitter")
        assert here.account.id != there.account.id

    def test_a_handle_decides_nothing(self, bench: Bench) -> None:
        """Renamed, it is the same account; recycled by somebody else, it is another."""
        accounts = []
        for subject, handle in (("1", "ada"), ("1", "countess"), ("2", "ada")):
            key = a_key()
            bench.claim(key)
            row = bench.finish(key, profile=Profile(subject=subject, preferred_username=handle))
            assert row is not None
            assert row.account.handle == handle
            accounts.append(row.account.id)
        assert accounts[0] == accounts[1] != accounts[2]

    def test_the_profile_is_refreshed_and_never_emptied(self, bench: Bench) -> None:
        def sign_in(handle: str | None, name: str | None, picture: str | None) -> Account:
            key = a_key()
            bench.claim(key)
            profile = Profile(subject="1001", preferred_username=handle, name=name, picture=picture)
            row = bench.finish(key, profile=profile)
            assert row is not None
            assert bench.read_account(row.account.id) == row.account
            (identity,) = row.account.identities
            assert (identity.name, identity.picture) == (row.account.name, row.account.picture)
            return row.account

        def said(account: Account) -> tuple[str | None, str | None, str | None]:
            return account.handle, account.name, account.picture

        assert said(sign_in(None, None, None)) == (None, None, None)
        assert said(sign_in("ada", "Ada", "p1")) == ("ada", "Ada", "p1")
        assert said(sign_in("countess", None, None)) == ("countess", "Ada", "p1")
        assert said(sign_in(None, "Lovelace", None)) == ("countess", "Lovelace", "p1")
        assert said(sign_in(None, None, "p2")) == ("countess", "Lovelace", "p2")

    def test_a_disabled_account_is_refused(self, bench: Bench) -> None:
        row = bench.sign_in("1001")
        bystander = bench.sign_in("7")
        bench.disable_account(row.account.id)
        key = a_key()
        bench.claim(key)
        sessions = bench.count("sessions")
        with pytest.raises(AccountDisabled):
            bench.finish(key, session=a_session(replaces=bystander.id))
        claim = bench.find_claim(key)
        assert claim is not None
        assert (claim.state, claim.error_code, claim.session_id) == ("failed", "account_disabled", None)
        assert bench.count("sessions") == sessions
        assert bench.is_live(bystander.id)

    def test_a_disabled_account_without_the_claim(self, bench: Bench) -> None:
        """The fence comes first: without the claim, the account is not even judged."""
        row = bench.sign_in("1001")
        bench.disable_account(row.account.id)
        assert bench.finish(a_key()) is None

    def test_the_browsers_previous_session_is_revoked(self, bench: Bench) -> None:
        """Whosever it was, and no other."""
        mine, theirs, elsewhere = bench.sign_in("1001"), bench.sign_in("7"), bench.sign_in("1001")
        for previous in (mine, theirs):
            row = bench.sign_in("1001", a_session(replaces=previous.id))
            assert row.live
            assert not bench.is_live(previous.id)
            assert bench.revoke_session(previous.id) is False
        assert bench.revocations().sessions == {mine.id, theirs.id}
        assert bench.is_live(elsewhere.id)

    def test_a_session_that_replaces_none_that_is_there(self, bench: Bench) -> None:
        """None of that name, one that is over, and itself."""
        over = bench.sign_in("1001")
        bench.revoke_session(over.id)
        itself = a_session()
        for replaces in ("nobody", over.id, itself.id):
            session = a_session(itself.id if replaces == itself.id else None, replaces=replaces)
            assert bench.sign_in("1001", session).live
            assert bench.is_live(session.id)
        assert bench.revocations().sessions == {over.id}

    def test_what_happened_is_noted_without_saying_who(self, bench: Bench) -> None:
        first = bench.sign_in("1001")
        second = bench.sign_in("1001", a_session(replaces=first.id))
        bench.revoke_session(second.id)
        bench.revoke_account_sessions(first.account.id)
        bench.disable_account(first.account.id)
        key = a_key()
        bench.claim(key)
        with pytest.raises(AccountDisabled):
            bench.finish(key)
        events = bench.query("SELECT account_id, event, provider, session_id FROM audit_events ORDER BY id")
        assert [event[1:] for event in events] == [
            ("signed_up", "twitter", first.id),
            ("session_replaced", None, first.id),
            ("signed_in", "twitter", second.id),
            ("session_revoked", None, second.id),
            ("sessions_revoked", None, None),
            ("account_disabled", None, None),
            ("sign_in_refused", "twitter", None),
        ]
        assert {event[0] for event in events} == {first.account.id}
