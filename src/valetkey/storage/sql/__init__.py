"""Every verb of the storage contract once, in SQL, for all databases.

A function without a docstring is a verb, and ``storage.base`` says what it does. ``transaction`` is the interface
between the verbs and the databases. A database's own folder brings connections, retries, and what is different in its
SQL.
"""

from .store import SQLStore

__all__ = ["SQLStore"]
