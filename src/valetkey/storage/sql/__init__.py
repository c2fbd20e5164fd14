"""Every verb of the storage contract once, in SQL, for all databases.

``transaction`` says how the verbs and the databases meet. A database's own folder brings connections, retries and the
few words in which its SQL differs.
"""

from .store import SQLStore

__all__ = ["SQLStore"]
