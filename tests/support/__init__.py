"""What tests from outside use: real servers, a browser's cookie jar, the provider's journal."""

from __future__ import annotations

import os
from pathlib import Path

_TESTS = Path(__file__).parents[1]
# For processes that tests start: they run the sources beside these tests, whichever are installed.
SOURCES = str(_TESTS.parent / "src")
PYTHONPATH = os.pathsep.join((str(_TESTS), SOURCES))
