"""Linking: an identity has one account, and an account keeps one identity, in any order of requests."""

from __future__ import annotations

from functools import partial

import pytest

from valetkey.errors import IdentityTaken, LastIdentity, NotLinked, SessionChanged, ValetkeyError, WhichIdentity
from valetkey.models import Account
from valetkey.storage.base import AttachIdentity, Authentication, Lease, SessionRow

from .bench import Bench, a_key, a_profile, a_session, attaching
from .finishing import counts
from .one_time_codes import handed_off


def subjects(account: Account | None) -> list[str]:
    assert account is not None
    return [one.subject for one in account.identities]


async def code_of(work) -> str:  # type: ignore[no-untyped-def]
    """Its error's code, or ``done``."""
    try:
        await work
    except ValetkeyError as error:
        return error.code
    return "done"


class LinkingContract:
    def test_a_second_identity(self, bench: Bench) -> None:
        row = bench.sign_in("1")
        key = a_key()
        bench.claim(key)
        linked = bench.link(row, "2", key)
        assert linked is not None
        assert linked.id == row.id
        assert linked.live
        assert subjects(linked.account) == ["1", "2"]
        assert subjects(bench.read_account(row.account.id)) == ["1", "2"]
        claim = bench.find_claim(key)
        assert claim is not None
        assert (claim.state, claim.session_id) == ("done", row.id)
        # Both sign in to the same account now.
        assert bench.sign_in("2").account.id == row.account.id
        assert row.account.id in bench.revocations().changed

    def test_again_is_no_other(self, bench: Bench) -> None:
        row = bench.sign_in("1")
        for subject in ("2", "2", "1"):
            linked = bench.link(row, subject)
            assert linked is not None
        assert subjects(bench.read_account(row.account.id)) == ["1", "2"]

    def test_anothers_stays_anothers(self, bench: Bench) -> None:
        row, other = bench.sign_in("1"), bench.sign_in("2")
        before = counts(bench)
        key = a_key()
        bench.claim(key)
        with pytest.raises(IdentityTaken):
            bench.link(row, "2", key)
        claim = bench.find_claim(key)
        assert claim is not None
        assert (claim.state, claim.error_code) == ("failed", "identity_taken")
        assert counts(bench) == before
        assert subjects(bench.read_account(other.account.id)) == ["2"]

    @pytest.mark.parametrize("end", ["revoked", "idle", "another's", "disabled", "none"])
    def test_only_with_the_live_session_that_asked(self, bench: Bench, end: str) -> None:
        row, other = bench.sign_in("1"), bench.sign_in("2")
        if end == "revoked":
            bench.revoke_session(row.id)
        elif end == "idle":
            bench.advance(15 * 86400)
        elif end == "disabled":
            bench.disable_account(row.account.id)
        account_id, session_id = row.account.id, {"another's": other.id, "none": "nobody"}.get(end, row.id)
        before = bench.count("identities")
        key = a_key()
        bench.claim(key)
        with pytest.raises(SessionChanged):
            bench.run(
                bench.store.complete(
                    Lease(key, "owner"),
                    AttachIdentity(Authentication("twitter", a_profile("3")), account_id, session_id),
                )
            )
        assert bench.count("identities") == before

    def test_only_its_owner_links(self, bench: Bench) -> None:
        row = bench.sign_in("1")
        held = a_key()
        bench.claim(held, "another")
        for key in (a_key(), held):
            assert bench.link(row, "2", key) is None
        assert bench.count("identities") == 1

    def test_two_users_link_one_at_once(self, bench: Bench) -> None:
        """It belongs to one of them, and the other is told."""
        rows = [bench.sign_in(str(number)) for number in range(4)]
        keys = [a_key() for _ in rows]
        for key in keys:
            bench.claim(key)

        def verb(row: SessionRow, key: str):  # type: ignore[no-untyped-def]
            return code_of(
                bench.store.complete(
                    Lease(key, "owner"),
                    attaching(row, "9"),
                )
            )

        codes = bench.together([partial(verb, row, key) for row, key in zip(rows, keys, strict=True)])
        assert sorted(codes) == ["done", "identity_taken", "identity_taken", "identity_taken"]
        assert bench.count("identities") == 5

    def test_unlinked(self, bench: Bench) -> None:
        """With the other sessions that it opened, and none but those."""
        row = bench.sign_in("1")
        bench.link(row, "2")
        by_second, by_first = bench.sign_in("2"), bench.sign_in("1")
        assert subjects(bench.unlink(row, "2")) == ["1"]
        assert [bench.is_live(one.id) for one in (row, by_first, by_second)] == [True, True, False]
        assert by_second.id in bench.revocations().sessions
        assert row.account.id in bench.revocations().changed
        # Free for anybody now, and a stranger to this account.
        assert bench.sign_in("2").account.id != row.account.id

    @pytest.mark.parametrize("then", ["nobody's", "another's"])
    def test_what_was_under_way_by_it_opens_no_session_any_more(self, bench: Bench, then: str) -> None:
        """Resolved and not finished, or issued as a code and not redeemed: it does not sign in any more."""
        row = bench.sign_in("1")
        bench.link(row, "2")
        resolved, kept = a_key(), a_key()
        bench.claim(resolved)
        assert bench.resolve(resolved, subject="2")
        bench.claim(kept)
        assert bench.resolve(kept, subject="1")
        binding, other_binding = handed_off(bench, "2"), handed_off(bench, "1")
        bench.unlink(row, "2")
        if then == "another's":
            bench.sign_in("2")
        before = bench.count("sessions")
        assert bench.finish_resolved(resolved) is None
        assert bench.issue_code_resolved(resolved, "hash") is False
        assert bench.redeem(binding, binding.login_id) is None
        assert bench.count("sessions") == before
        # The control: by the identity that is tied still.
        assert bench.finish_resolved(kept) is not None
        assert bench.redeem(other_binding, other_binding.login_id) is not None

    def test_the_session_that_unlinks_its_own_identity_stays(self, bench: Bench) -> None:
        row = bench.sign_in("1")
        bench.link(row, "2")
        other = bench.sign_in("1")
        bench.unlink(row, "1")
        assert bench.is_live(row.id)
        assert not bench.is_live(other.id)

    def test_the_last_one_stays(self, bench: Bench) -> None:
        row = bench.sign_in("1")
        for subject in ("1", None):
            with pytest.raises(LastIdentity):
                bench.unlink(row, subject)
        assert subjects(bench.read_account(row.account.id)) == ["1"]

    def test_which(self, bench: Bench) -> None:
        row = bench.sign_in("1")
        bench.link(row, "2")
        with pytest.raises(WhichIdentity):
            bench.unlink(row)
        for provider, subject in (("twitter", "3"), ("other", None), ("other", "1")):
            with pytest.raises(NotLinked):
                bench.unlink(row, subject, provider)
        assert subjects(bench.read_account(row.account.id)) == ["1", "2"]

    def test_the_only_one_of_its_provider_needs_no_name(self, bench: Bench) -> None:
        row = bench.sign_in("1")
        key = a_key()
        bench.claim(key)
        bench.run(bench.store.complete(Lease(key, "owner"), attaching(row, "2", "other")))
        assert subjects(bench.unlink(row, provider="other")) == ["1"]

    def test_both_unlinked_at_once(self, bench: Bench) -> None:
        """An account never ends with no way to sign in."""
        for number in range(5):
            first, second = f"a{number}", f"b{number}"
            row = bench.sign_in(first)
            bench.link(row, second)

            def verb(subject: str, row: SessionRow = row):  # type: ignore[no-untyped-def]
                return code_of(bench.store.unlink(row.account.id, "twitter", subject, row.id))

            codes = bench.together([partial(verb, first), partial(verb, second)])
            assert sorted(codes) == ["done", "last_identity"]
            assert len(subjects(bench.read_account(row.account.id))) == 1

    def test_a_name_that_changed_is_noted(self, bench: Bench) -> None:
        row = bench.sign_in("1")
        assert bench.revocations().changed == {}
        bench.sign_in("1", a_session())
        assert bench.revocations().changed == {}
        key = a_key()
        bench.claim(key)
        bench.finish(key, profile=a_profile("1").__class__(subject="1", preferred_username="renamed"))
        assert set(bench.revocations().changed) == {row.account.id}
        bench.advance(400)
        assert bench.revocations().changed == {}

    def test_however_many_sessions_an_unlink_ends(self, bench: Bench) -> None:
        """Within one verb's time, and with an event of its own for each."""
        row = bench.sign_in("1")
        bench.link(row, "2")
        late = bench.sign_in("2")
        numbers = ", ".join(f"({number})" for number in range(999))
        columns = "account_id, login, opened_at, expires_at, seen_at, kept_until, provider, subject"
        bench.query(
            f"WITH numbers (number) AS (VALUES {numbers})"
            f" INSERT INTO sessions (id, {columns}) SELECT 'session ' || number, {columns}"
            f" FROM sessions CROSS JOIN numbers WHERE id = '{late.id}'"
        )
        bench.unlink(row, "2")
        assert [one.id for one in bench.devices(row.account.id)] == [row.id]
        assert len(bench.revocations().sessions) == 1000
        noted = bench.query(
            "SELECT event, count(*), count(DISTINCT session_id) FROM audit_events"
            " WHERE event IN ('session_revoked', 'identity_unlinked') GROUP BY event ORDER BY event"
        )
        assert noted == [("identity_unlinked", 1, 1), ("session_revoked", 1000, 1000)]

    def test_what_text_cannot_hold(self, bench: Bench) -> None:
        """A subject is kept to the byte, and exported as it was; a NUL elsewhere decorates, or is nobody's."""
        row = bench.sign_in("1", a_session(device_name="Fire\0fox", network="192.0.2.0\0"))
        assert bench.link(row, "a\0b") is not None
        assert (bench.devices(row.account.id)[0].device_name, bench.devices(row.account.id)[0].network) == (
            "Fire\ufffdfox",
            "192.0.2.0\ufffd",
        )
        kept = bench.export_account(row.account.id)
        assert kept is not None
        assert [one["subject"] for one in kept["identities"]] == ["1", "a\0b"]  # type: ignore[attr-defined]
        opened = bench.sign_in("a\0b")
        assert bench.revoke_session("no\0body", row.account.id) is False
        assert [one.subject for one in bench.unlink(row, "a\0b").identities] == ["1"]
        assert not bench.is_live(opened.id)
