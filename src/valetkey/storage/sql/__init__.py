"""Every verb of the storage contract once, in SQL, for all databases.

``transaction`` is the interface between the verbs and the databases. A database's own folder brings connections,
retries, and what is different in its SQL.
"""

from .store import SQLStore

__all__ = ["SQLStore"]
