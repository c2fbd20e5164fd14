"""Handing off: account and identity now, the session once its code comes back with the other half."""

from __future__ import annotations

import pytest

from valetkey.errors import AccountDisabled
from valetkey.models import Profile
from valetkey.storage.base import CLAIM_SECONDS, CODE_SECONDS, Claim, CrossSiteBinding

from .bench import Bench, a_key, a_session
from .finishing import counts


def an_opener(key: str) -> CrossSiteBinding:
    return CrossSiteBinding(login=f"login-of-{key}", challenge=f"challenge-of-{key}")


def handed_off(bench: Bench, subject: str = "1001") -> CrossSiteBinding:
    """A login of this person that waits for its code, which is called like its login."""
    key = a_key()
    opener = an_opener(key)
    assert bench.claim(key, opener=opener).mine
    assert bench.hand_off(key, opener.login, profile=Profile(subject=subject, preferred_username="ada"))
    return opener


class HandingOffContract:
    def test_it_is_found_by_its_login_from_the_claim_on(self, bench: Bench) -> None:
        bench.freeze()
        key = a_key()
        opener = an_opener(key)
        assert bench.find_claim_of(opener.login) is None
        bench.claim(key, opener=opener)
        assert bench.find_claim_of(opener.login) == Claim(key=key, state="claimed", challenge=opener.challenge)
        bench.hand_off(key, "hash")
        now = bench.clock()
        stands = Claim(key=key, state="done", finished_at=now, challenge=opener.challenge, handed_off=True)
        assert bench.find_claim_of(opener.login) == stands == bench.find_claim(key)
        bench.advance(CLAIM_SECONDS)
        assert bench.find_claim_of(opener.login) is None

    def test_a_login_without_an_opener_is_not_found_by_its_id(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        row = bench.finish(key)
        assert row is not None
        assert bench.find_claim_of(row.login) is None

    def test_of_a_restarted_login_the_later_claim_counts(self, bench: Bench) -> None:
        first, second = a_key(), a_key()
        opener = an_opener(first)
        bench.claim(first, opener=opener)
        bench.burn(first)
        bench.advance(1)
        bench.claim(second, opener=opener)
        found = bench.find_claim_of(opener.login)
        assert found is not None
        assert (found.key, found.state) == (second, "claimed")

    def test_no_session_before_the_code_and_one_after(self, bench: Bench) -> None:
        bench.freeze()
        opener = handed_off(bench)
        assert (bench.count("accounts"), bench.count("identities"), bench.count("sessions")) == (1, 1, 0)
        bench.advance(CODE_SECONDS - 1)
        session = a_session(lifetime_seconds=1000.0)
        row = bench.redeem(opener, opener.login, session)
        assert row is not None
        assert row == bench.read_session(session.id)
        assert (row.live, row.login, row.expires_at) == (True, session.login, bench.clock() + 1000.0)
        assert row.account.identities[0].subject == "1001"
        claim = bench.find_claim_of(opener.login)
        assert claim is not None
        assert (claim.state, claim.session_id, claim.handed_off) == ("done", session.id, False)

    def test_the_session_that_it_replaces_is_revoked(self, bench: Bench) -> None:
        """Whosever it was, and no other; and only by a code that counts."""
        mine, theirs, elsewhere = bench.sign_in("1001"), bench.sign_in("7"), bench.sign_in("1001")
        for previous in (mine, theirs):
            opener = handed_off(bench)
            assert bench.redeem(opener, "another code", a_session(replaces=previous.id)) is None
            assert bench.is_live(previous.id)
            row = bench.redeem(opener, opener.login, a_session(replaces=previous.id))
            assert row is not None
            assert row.live
            assert not bench.is_live(previous.id)
        assert bench.revocations().sessions == {mine.id, theirs.id}
        assert bench.is_live(elsewhere.id)

    def test_once(self, bench: Bench) -> None:
        opener = handed_off(bench)
        assert bench.redeem(opener, opener.login) is not None
        assert bench.redeem(opener, opener.login) is None
        assert bench.count("sessions") == 1

    def test_once_at_once(self, bench: Bench) -> None:
        opener = handed_off(bench)
        rows = bench.together([lambda: bench.store.redeem(opener, opener.login, a_session()) for _ in range(8)])
        assert len([row for row in rows if row is not None]) == 1
        assert bench.count("sessions") == 1

    @pytest.mark.parametrize("half", ["code", "challenge", "login", "nothing", "another's"])
    def test_both_halves(self, bench: Bench, half: str) -> None:
        """And what failed has used nothing up."""
        opener, other = handed_off(bench), handed_off(bench, "2002")
        before = counts(bench)
        tried = {
            "code": (opener, "another code"),
            "challenge": (CrossSiteBinding(login=opener.login, challenge="another"), opener.login),
            "login": (CrossSiteBinding(login="another", challenge=opener.challenge), opener.login),
            "nothing": (CrossSiteBinding(login=opener.login, challenge=""), ""),
            "another's": (opener, other.login),
        }[half]
        assert bench.redeem(*tried) is None
        assert counts(bench) == before
        assert bench.redeem(opener, opener.login) is not None

    def test_a_minute(self, bench: Bench) -> None:
        opener = handed_off(bench)
        bench.advance(CODE_SECONDS + 1)
        claim = bench.find_claim_of(opener.login)
        assert claim is not None
        assert (claim.handed_off, claim.code_lapsed) == (True, True)
        assert bench.redeem(opener, opener.login) is None
        assert bench.count("sessions") == 0

    def test_what_was_finished_otherwise_has_no_code(self, bench: Bench) -> None:
        key = a_key()
        opener = an_opener(key)
        bench.claim(key, opener=opener)
        assert bench.finish(key) is not None
        for code_hash in ("", "hash"):
            assert bench.redeem(opener, code_hash) is None
        assert bench.count("sessions") == 1

    def test_not_before_it_is_handed_off_and_not_if_it_failed(self, bench: Bench) -> None:
        key = a_key()
        opener = an_opener(key)
        bench.claim(key, opener=opener)
        assert bench.redeem(opener, "hash") is None
        bench.fail_claim(key)
        assert bench.hand_off(key, "hash") is False
        assert bench.redeem(opener, "hash") is None
        assert counts(bench) == dict.fromkeys(counts(bench), 0)

    def test_only_its_owner_hands_it_off(self, bench: Bench) -> None:
        key = a_key()
        bench.claim(key)
        assert bench.hand_off(key, "hash", owner="another") is False
        assert bench.hand_off(a_key(), "hash") is False
        assert counts(bench) == dict.fromkeys(counts(bench), 0)
        assert bench.hand_off(key, "hash") is True
        assert bench.hand_off(key, "hash") is False
        assert bench.finish(key) is None

    def test_signing_out_burns_it(self, bench: Bench) -> None:
        """Anybody's burn, and not its owner's: that one has finished it."""
        key = a_key()
        opener = an_opener(key)
        bench.claim(key, opener=opener)
        bench.hand_off(key, "hash")
        assert bench.burn(key, "owner").state == "done"
        burnt = bench.burn(key)
        assert (burnt.state, burnt.mine, burnt.handed_off) == ("burnt", True, False)
        assert bench.redeem(opener, "hash") is None

    def test_a_disabled_account(self, bench: Bench) -> None:
        """Before, its login is refused; in between, its code is worth nothing."""
        opener = handed_off(bench)
        account_id = bench.query("SELECT id FROM accounts")[0][0]
        bench.disable_account(account_id)
        with pytest.raises(AccountDisabled):
            bench.redeem(opener, opener.login)
        key = a_key()
        bench.claim(key)
        with pytest.raises(AccountDisabled):
            bench.hand_off(key, "hash")
        claim = bench.find_claim(key)
        assert claim is not None
        assert (claim.state, claim.code) == ("failed", AccountDisabled.code)
        assert bench.count("sessions") == 0

    def test_a_deleted_account(self, bench: Bench) -> None:
        opener = handed_off(bench)
        bench.delete_account(bench.query("SELECT id FROM accounts")[0][0])
        assert bench.redeem(opener, opener.login) is None

    def test_signing_out_everywhere_reaches_what_was_handed_off_before(self, bench: Bench) -> None:
        """And not what is handed off afterwards."""
        bench.freeze()
        opener = handed_off(bench)
        bench.revoke_account_sessions(bench.query("SELECT id FROM accounts")[0][0])
        assert bench.redeem(opener, opener.login) is None
        bench.advance(1)
        later = handed_off(bench)
        row = bench.redeem(later, later.login)
        assert row is not None
        assert bench.is_live(row.id)

    def test_a_twin_gets_the_same_account(self, bench: Bench) -> None:
        first, second = handed_off(bench), handed_off(bench)
        rows = bench.redeem(first, first.login), bench.redeem(second, second.login)
        assert rows[0] is not None
        assert rows[1] is not None
        assert rows[0].account.id == rows[1].account.id
