"""Judges the record of a provider: plays it against the sandbox, and says what is wrong with it.

How this works. An app with this one provider runs in this process, and the sandbox is the provider, over sockets. Users
whom the sandbox makes up sign in; the provider's replies are changed on the way, and callbacks are crossed. Each check
is a function of one of five modules, and yields a sentence for each fault: ``sign_in``, ``errors``, ``profiles``,
``subjects``, ``bindings``. ``watching`` finds out what the record reads, so that a sentence names the member.

``valetkey check-provider`` prints the result.
"""

from . import built_in, own
from .candidate import Candidate
from .check import Check, Result
from .report import GROUPS, play, row_of

__all__ = ["GROUPS", "Candidate", "Check", "Result", "built_in", "own", "play", "row_of"]
