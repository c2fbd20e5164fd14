"""C36: a person ends sessions of the own account, and nobody else's: knowing a session's id is not enough."""

from __future__ import annotations

from collections.abc import Callable

from support.browser import Answer, Browser
from support.servers import App


def test_by_its_id(
    app: App, browser: Callable[[], Browser], person: dict[str, str], sign_in: Callable[..., Answer]
) -> None:
    victim, attacker, device = browser(), browser(), browser()
    sign_in(victim, **person)
    sign_in(attacker, user_id=person["user_id"] + "5", screen_name="attacker")
    sign_in(device, user_id=person["user_id"] + "5", screen_name="attacker")
    query = "SELECT sessions.id FROM sessions JOIN identities USING (account_id) WHERE identities.subject = ?"
    ((theirs,),) = app.query(query, person["user_id"])
    live = app.query("SELECT count(*) FROM sessions WHERE revoked_at IS NULL")
    answer = attacker.fetch("DELETE", f"/auth/sessions/{theirs}")
    unknown = attacker.fetch("DELETE", "/auth/sessions/nobodys")
    assert (answer.status, unknown.status) == (404, 404)
    assert answer.json() == unknown.json()
    assert theirs not in str([one["id"] for one in attacker.fetch("GET", "/auth/sessions").json()["sessions"]])
    assert attacker.fetch("DELETE", "/auth/sessions").status == 204  # all others, of this account
    assert victim.me().status == 200
    assert device.me().status == 401  # the control
    assert app.query("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == [(live[0][0] - 1,)]
