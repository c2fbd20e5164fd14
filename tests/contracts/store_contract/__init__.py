"""The contract of ``valetkey.storage.base``, as tests. A store inherits them by giving the fixture ``bench``."""

from __future__ import annotations

from .accounts import AccountsContract, PruningContract
from .bench import Bench
from .claims import ClaimsContract
from .clearing import ClearingContract
from .crowds import CrowdsContract
from .devices import DevicesContract
from .finishing import FinishingContract
from .handing_off import HandingOffContract
from .linking import LinkingContract
from .sessions import CutoffsContract, SessionsContract
from .settling import SettlingContract


class StoreContract(
    ClaimsContract,
    FinishingContract,
    HandingOffContract,
    SettlingContract,
    LinkingContract,
    DevicesContract,
    SessionsContract,
    CutoffsContract,
    AccountsContract,
    PruningContract,
    ClearingContract,
    CrowdsContract,
):
    """Everything. Subclass it as ``Test…`` with a fixture ``bench``."""


__all__ = ["Bench", "StoreContract"]
