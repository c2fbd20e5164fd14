"""Handing off: account and identity now, the session once its code comes back with the other half."""

from __future__ import annotations

import pytest

from valetkey.errors import AccountDisabled
from valetkey.models import Profile
from valetkey.storage.base import CLAIM_SECONDS, CODE_SECONDS, Claim, CrossSiteBinding

from .bench import Bench, a_key, a_session
from .finishing import counts


def a_binding(key: str) -> CrossSiteBinding:
    return CrossSiteBinding(login_id=f"login-of-{key}", challenge=f"challenge-of-{key}")


def handed_off(bench: Bench, subject: str = "1001") -> CrossSiteBinding:
    """A login of this person that waits for its code, which is called like its login."""
    key = a_key()
    binding = a_binding(key)
    assert bench.claim(key, binding=binding).mine
    assert bench.issue_code(key, binding.login_id, profile=Profile(subject=subject, preferred_username="ada"))
    return binding


class OneTimeCodesContract:
    def test_it_is_found_by_its_login_from_the_claim_on(self, bench: Bench) -> None:
        bench.freeze()
        key = a_key()
        binding = a_binding(key)
        assert bench.find_claim_of(binding.login_id) is None
        bench.claim(key, binding=binding)
        assert bench.find_claim_of(binding.login_id) == Claim(key=key, state="claimed", challenge=binding.challenge)
        bench.issue_code(key, "hash")
        now = bench.clock()
        stands = Claim(key=key, state="done", finished_at=now, challenge=binding.challenge, handed_off=True)
        assert bench.find_claim_of(binding.login_id) == stands == bench.find_claim(key)
        bench.advance(CLAIM_SECONDS)
        assert bench.find_claim_of(binding.login_id) is None

    def test_a_login_without_a_binding_is_not_found_by_its_id(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        row = bench.finish(key)
        assert row is not None
        assert bench.find_claim_of(row.login_id) is None

    def test_of_a_restarted_login_the_later_claim_counts(self, bench: Bench) -> None:
        first, second = a_key(), a_key()
        binding = a_binding(first)
        bench.claim(first, binding=binding)
        bench.void(first)
        bench.advance(1)
        bench.claim(second, binding=binding)
        found = bench.find_claim_of(binding.login_id)
        assert found is not None
        assert (found.key, found.state) == (second, "claimed")
        assert bench.issue_code(second, "hash")
        assert bench.redeem(binding, "hash") is not None

    def test_no_session_before_the_code_and_one_after(self, bench: Bench) -> None:
        bench.freeze()
        binding = handed_off(bench)
        assert (bench.count("accounts"), bench.count("identities"), bench.count("sessions")) == (1, 1, 0)
        bench.advance(CODE_SECONDS - 1)
        session = a_session(lifetime_seconds=1000.0)
        row = bench.redeem(binding, binding.login_id, session)
        assert row is not None
        assert row == bench.read_session(session.id)
        assert (row.live, row.login_id, row.expires_at) == (True, session.login_id, bench.clock() + 1000.0)
        assert row.account.identities[0].subject == "1001"
        claim = bench.find_claim_of(binding.login_id)
        assert claim is not None
        assert (claim.state, claim.session_id, claim.handed_off) == ("done", session.id, False)

    def test_the_session_that_it_replaces_is_revoked(self, bench: Bench) -> None:
        """Whosever it was, and no other; and only by a code that counts."""
        mine, theirs, elsewhere = bench.sign_in("1001"), bench.sign_in("7"), bench.sign_in("1001")
        for previous in (mine, theirs):
            binding = handed_off(bench)
            assert bench.redeem(binding, "another code", a_session(replaces=previous.id)) is None
            assert bench.is_live(previous.id)
            row = bench.redeem(binding, binding.login_id, a_session(replaces=previous.id))
            assert row is not None
            assert row.live
            assert not bench.is_live(previous.id)
        assert bench.revocations().sessions == {mine.id, theirs.id}
        assert bench.is_live(elsewhere.id)

    def test_once(self, bench: Bench) -> None:
        binding = handed_off(bench)
        assert bench.redeem(binding, binding.login_id) is not None
        assert bench.redeem(binding, binding.login_id) is None
        assert bench.count("sessions") == 1

    def test_once_at_once(self, bench: Bench) -> None:
        binding = handed_off(bench)
        rows = bench.together(
            [lambda: bench.store.redeem_one_time_code(binding, binding.login_id, a_session()) for _ in range(8)]
        )
        assert len([row for row in rows if row is not None]) == 1
        assert bench.count("sessions") == 1

    @pytest.mark.parametrize("half", ["code", "challenge", "login", "nothing", "another's"])
    def test_code_and_verifier_are_both_needed(self, bench: Bench, half: str) -> None:
        """And what failed has used nothing up."""
        binding, other = handed_off(bench), handed_off(bench, "2002")
        before = counts(bench)
        tried = {
            "code": (binding, "another code"),
            "challenge": (CrossSiteBinding(login_id=binding.login_id, challenge="another"), binding.login_id),
            "login": (CrossSiteBinding(login_id="another", challenge=binding.challenge), binding.login_id),
            "nothing": (CrossSiteBinding(login_id=binding.login_id, challenge=""), ""),
            "another's": (binding, other.login_id),
        }[half]
        assert bench.redeem(*tried) is None
        assert counts(bench) == before
        assert bench.redeem(binding, binding.login_id) is not None

    def test_a_minute(self, bench: Bench) -> None:
        binding = handed_off(bench)
        bench.advance(CODE_SECONDS + 1)
        claim = bench.find_claim_of(binding.login_id)
        assert claim is not None
        assert (claim.handed_off, claim.one_time_code_lapsed) == (True, True)
        assert bench.redeem(binding, binding.login_id) is None
        assert bench.count("sessions") == 0

    def test_what_was_finished_otherwise_has_no_code(self, bench: Bench) -> None:
        key = a_key()
        binding = a_binding(key)
        bench.claim(key, binding=binding)
        assert bench.finish(key) is not None
        for code_hash in ("", "hash"):
            assert bench.redeem(binding, code_hash) is None
        assert bench.count("sessions") == 1

    def test_not_before_the_code_is_issued_and_not_if_it_failed(self, bench: Bench) -> None:
        key = a_key()
        binding = a_binding(key)
        bench.claim(key, binding=binding)
        assert bench.redeem(binding, "hash") is None
        bench.fail_claim(key)
        assert bench.issue_code(key, "hash") is False
        assert bench.redeem(binding, "hash") is None
        assert counts(bench) == dict.fromkeys(counts(bench), 0)

    def test_only_its_owner_issues_it(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        assert bench.issue_code(key, "hash", owner="another") is False
        assert bench.issue_code(a_key(), "hash") is False
        assert counts(bench) == dict.fromkeys(counts(bench), 0)
        assert bench.issue_code(key, "hash") is True
        assert bench.issue_code(key, "hash") is False
        assert bench.finish(key) is None

    def test_signing_out_voids_it(self, bench: Bench) -> None:
        """Anybody's void, and not its owner's: that one has finished it."""
        key = a_key()
        binding = a_binding(key)
        bench.claim(key, binding=binding)
        bench.issue_code(key, "hash")
        assert bench.void(key, "owner").state == "done"
        burnt = bench.void(key)
        assert (burnt.state, burnt.mine, burnt.handed_off) == ("burnt", True, False)
        assert bench.redeem(binding, "hash") is None

    def test_a_disabled_account(self, bench: Bench) -> None:
        """Before, its login is refused; in between, its code is worth nothing."""
        binding = handed_off(bench)
        account_id = bench.query("SELECT id FROM accounts")[0][0]
        bench.disable_account(account_id)
        with pytest.raises(AccountDisabled):
            bench.redeem(binding, binding.login_id)
        key = a_key()
        bench.claim(key)
        with pytest.raises(AccountDisabled):
            bench.issue_code(key, "hash")
        claim = bench.find_claim(key)
        assert claim is not None
        assert (claim.state, claim.error_code) == ("failed", AccountDisabled.code)
        assert bench.count("sessions") == 0

    def test_a_deleted_account(self, bench: Bench) -> None:
        binding = handed_off(bench)
        bench.delete_account(bench.query("SELECT id FROM accounts")[0][0])
        assert bench.redeem(binding, binding.login_id) is None

    def test_signing_out_everywhere_ends_codes_that_were_issued_before(self, bench: Bench) -> None:
        """And not what is handed off afterwards."""
        bench.freeze()
        binding = handed_off(bench)
        bench.revoke_account_sessions(bench.query("SELECT id FROM accounts")[0][0])
        assert bench.redeem(binding, binding.login_id) is None
        bench.advance(1)
        later = handed_off(bench)
        row = bench.redeem(later, later.login_id)
        assert row is not None
        assert bench.is_live(row.id)

    def test_a_twin_gets_the_same_account(self, bench: Bench) -> None:
        first, second = handed_off(bench), handed_off(bench)
        rows = bench.redeem(first, first.login_id), bench.redeem(second, second.login_id)
        assert rows[0] is not None
        assert rows[1] is not None
        assert rows[0].account.id == rows[1].account.id
