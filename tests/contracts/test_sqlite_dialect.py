"""What SQLite is asked in its own words."""

from __future__ import annotations

import pytest

from valetkey.storage.sqlite.dialect import translated


@pytest.mark.parametrize(
    ("said", "translation"),
    [
        ("SELECT id FROM accounts WHERE id = %(id)s FOR UPDATE", "SELECT id FROM accounts WHERE id = :id"),
        ("SELECT 1 FROM a JOIN b ON x = y\n    FOR UPDATE OF a, b", "SELECT 1 FROM a JOIN b ON x = y"),
        ("id IN (SELECT id FROM a FOR UPDATE SKIP LOCKED)", "id IN (SELECT id FROM a)"),
        ("SELECT clock.now FROM clock CROSS JOIN a WHERE at > clock.now", "SELECT :now FROM a WHERE at > :now"),
        ("SELECT clock.now, NULL FROM clock\n UNION ALL", "SELECT :now, NULL\n UNION ALL"),
        ("SET at = greatest(a.at, %(now)s::double precision)", "SET at = max(a.at, :now)"),
        ("SET kept_until = least(kept_until, %(until)s)", "SET kept_until = min(kept_until, :until)"),
        ("WHERE id IS DISTINCT FROM %(id)s", "WHERE id IS NOT :id"),
        ("SET state = %(state)s,\n        written_by = %(call)s\n    WHERE", "SET state = :state\n    WHERE"),
        ("INSERT INTO c (key, written_by) VALUES (%(key)s,\n    %(call)s)", "INSERT INTO c (key) VALUES (:key)"),
    ],
)  # fmt: skip
def test_a_translation(said: str, translation: str) -> None:
    assert translated(said) == translation
