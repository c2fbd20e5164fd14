"""What SQLite is asked in its own words."""

from __future__ import annotations

import pytest

from valetkey.storage.sqlite.dialect import translated


@pytest.mark.parametrize(
    ("said", "translation"),
    [
        ("SELECT id FROM accounts WHERE id = %(id)s FOR UPDATE", "SELECT id FROM accounts WHERE id = ?"),
        ("SELECT 1 FROM a JOIN b ON x = y\n    FOR UPDATE OF a, b", "SELECT 1 FROM a JOIN b ON x = y"),
        ("id IN (SELECT id FROM a FOR UPDATE SKIP LOCKED)", "id IN (SELECT id FROM a)"),
        ("SELECT clock.now FROM clock CROSS JOIN a WHERE at > clock.now", "SELECT ? FROM a WHERE at > ?"),
        ("SELECT clock.now, NULL FROM clock\n UNION ALL", "SELECT ?, NULL\n UNION ALL"),
        ("SET at = greatest(a.at, %(now)s::double precision)", "SET at = max(a.at, ?)"),
        ("SET kept_until = least(kept_until, %(until)s)", "SET kept_until = min(kept_until, ?)"),
        ("WHERE id IS DISTINCT FROM %(id)s", "WHERE id IS NOT ?"),
        ("SET state = %(state)s,\n        written_by = %(call)s\n    WHERE", "SET state = ?\n    WHERE"),
        ("INSERT INTO c (key, written_by) VALUES (%(key)s,\n    %(call)s)", "INSERT INTO c (key) VALUES (?)"),
    ],
)  # fmt: skip
def test_a_translation(said: str, translation: str) -> None:
    assert translated(said).sql == translation


def test_values_come_in_the_order_of_their_placeholders() -> None:
    """As often as they are used, whether there are many, one or none."""
    for said, values in (
        ("SET a = %(b)s, c = %(d)s WHERE a <> %(b)s", (1, 2, 1)),
        ("WHERE d = %(d)s", [2]),
        ("SELECT 1", []),
    ):
        assert translated(said).values({"b": 1, "d": 2, "unused": 3}) == values
