"""Secrets of a developer's machine, which are kept from one start of an app to the next."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from ...errors import SettingsError


def state_directory() -> Path:
    """Where valetkey keeps what a developer's machine needs from one start to the next. It is made if need be.

    Raises:
        OSError, RuntimeError: it cannot be made.
    """
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    directory = Path(base) / "valetkey"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def kept_secret(name: str) -> str:
    """A secret that is drawn once, in a file that only its owner can read. Several processes may ask at once.

    Args:
        name: of the file.

    Raises:
        SettingsError: there is no place for it, or somebody else may have written or read it.
    """
    try:
        file = state_directory() / name
        if not file.exists():
            drawn = file.with_name(f"{name}.{secrets.token_hex(8)}")
            drawn.touch(mode=0o600)
            drawn.write_text(secrets.token_urlsafe(32) + "\n", encoding="utf-8")
            with suppress(FileExistsError):  # another process was quicker
                os.link(drawn, file)  # complete or not at all, and never over another
            drawn.unlink()
        if hasattr(os, "getuid") and not _is_ours_alone(file.lstat()):
            # With the secret anybody can make sessions of any user.
            raise SettingsError(
                f"VALETKEY_SECRET is not set, and {name} in the directory valetkey of XDG_STATE_HOME (by default "
                "~/.local/state) is not a file of this user that nobody else can read. Delete it."
            )
        return file.read_text(encoding="utf-8").strip()
    except (OSError, RuntimeError):
        raise SettingsError(
            "VALETKEY_SECRET is not set, and there is no directory to keep one in. Set it, from: valetkey secret; "
            "or name a directory in XDG_STATE_HOME."
        ) from None


def _is_ours_alone(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077
