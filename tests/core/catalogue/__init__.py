"""What each provider of the catalogue sends about a user, and what its record reads of it: a row for each."""

from __future__ import annotations

from core.catalogue import oauth1, oauth2, openid
from core.catalogue.row import Row

ROWS: dict[str, Row] = {**openid.ROWS, **oauth2.ROWS, **oauth1.ROWS}
