"""The contract of ``valetkey.storage.base``, as tests. A store inherits them by giving the fixture ``bench``."""

from __future__ import annotations

from .accounts import AccountsContract, PruningContract
from .bench import Bench
from .claims import ClaimsContract
from .clearing import ClearingContract
from .crowds import CrowdsContract
from .devices import DevicesContract
from .emails import EmailsContract
from .finishing import FinishingContract
from .linking import LinkingContract
from .one_time_codes import OneTimeCodesContract
from .resolving import ResolvingContract
from .sessions import CutoffsContract, SessionsContract
from .statements import StatementsContract


class StoreContract(
    ClaimsContract,
    FinishingContract,
    OneTimeCodesContract,
    ResolvingContract,
    LinkingContract,
    DevicesContract,
    EmailsContract,
    SessionsContract,
    CutoffsContract,
    AccountsContract,
    PruningContract,
    ClearingContract,
    CrowdsContract,
    StatementsContract,
):
    """Everything. Subclass it as ``Test…`` with a fixture ``bench``."""


__all__ = ["Bench", "StoreContract"]
