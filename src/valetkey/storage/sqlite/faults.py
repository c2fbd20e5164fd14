"""Judges why the file of an SQLite database cannot be used: what can never work until somebody changes something is an
error at start, and names the variable and the fix."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from ...errors import SettingsError

# Primary and extended result codes, https://www.sqlite.org/rescode.html. Python 3.11 has names for some of them only.
_PERM, _READONLY, _CANTOPEN, _NOTADB = 3, 8, 14, 26
NO_LOCKS = 15  # SQLITE_PROTOCOL
_NO_LOCKS = frozenset({NO_LOCKS, 22, 3850, 4618, 5130, 5386})  # NOLFS; IOERR_LOCK, _SHMOPEN, _SHMLOCK, _SHMMAP

_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.s3fs", "glusterfs"}
)

_NO_WRITE = (
    "VALETKEY_DATABASE: this process may not write the file or its directory, in which SQLite keeps its log. Give both "
    "to the user that it runs as, or name another directory."
)
_READ_ONLY_DISK = (
    "VALETKEY_DATABASE: the file is on a file system that is mounted read-only. Name one that can be written, such as "
    "a volume of the container."
)
_NOT_A_FILE = "VALETKEY_DATABASE names a directory, not a file."
_NO_DIRECTORY = "The directory of the file that VALETKEY_DATABASE names does not exist. Create it, or correct the path."
_NOT_A_DIRECTORY = "VALETKEY_DATABASE: a part of the path before the file's name is not a directory. Correct the path."
_NO_ENTRY = (
    "VALETKEY_DATABASE: this process may not enter the directory of the file. Let the user that it runs as do that, or "
    "name another directory."
)
_LOCKS = (
    "VALETKEY_DATABASE: the file system has no locks or no shared memory, which SQLite's log needs. Name a file on a "
    "disk of this machine, or use PostgreSQL."
)
_NOT_SQLITE = "VALETKEY_DATABASE names a file that is not an SQLite database."
_BAD_NAME = "VALETKEY_DATABASE: the path is not one that this system can have. Correct it."

_BY_ERRNO = {
    errno.EACCES: _NO_WRITE,
    errno.EPERM: _NO_WRITE,
    errno.EROFS: _READ_ONLY_DISK,
    errno.EISDIR: _NOT_A_FILE,
    errno.ENOENT: _NO_DIRECTORY,
    errno.ENOTDIR: _NOT_A_DIRECTORY,
    errno.ENAMETOOLONG: _BAD_NAME,
    errno.ELOOP: _BAD_NAME,
}


def check_place(path: Path) -> None:
    """Check that the file has a directory, which can be entered.

    Raises:
        SettingsError: it can never be there.
    """
    try:
        if not path.parent.is_dir():
            os.stat(path.parent)  # raises what is_dir ignores
            raise SettingsError(_NOT_A_DIRECTORY)
        if path.is_dir():
            raise SettingsError(_NOT_A_FILE)
        os.stat(path)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise SettingsError(_NO_DIRECTORY) from None
    except PermissionError:
        raise SettingsError(_NO_ENTRY) from None
    except OSError as error:
        _stop(error.errno)
    except ValueError:
        raise SettingsError(_BAD_NAME) from None


def stop_if_hopeless(error: sqlite3.Error | OSError, path: Path) -> None:
    """Raise a ``SettingsError`` if this error stays until somebody changes something. A disk that is full, a file that
    another process has locked, or too many open files is none: that may pass.

    Args:
        error: what was raised when the file was opened and written.
        path: of the file.
    """
    if isinstance(error, OSError):
        _stop(error.errno)
        return
    code = getattr(error, "sqlite_errorcode", 0)
    if code in _NO_LOCKS or code & 0xFF in _NO_LOCKS:
        raise SettingsError(_LOCKS)
    if code & 0xFF == _NOTADB:
        raise SettingsError(_NOT_SQLITE)
    if code & 0xFF in (_PERM, _READONLY, _CANTOPEN):
        _stop_if_not_writable(path)


def _stop_if_not_writable(path: Path) -> None:
    for place in (path, path.parent):
        if not place.exists() or os.access(place, os.W_OK):
            continue
        read_only = os.statvfs(place).f_flag & os.ST_RDONLY if hasattr(os, "statvfs") else False
        raise SettingsError(_READ_ONLY_DISK if read_only else _NO_WRITE)


def _stop(number: int | None) -> None:
    if number in _BY_ERRNO:
        raise SettingsError(_BY_ERRNO[number])


def network_file_system(path: Path, mounts: Path = Path("/proc/self/mounts")) -> str | None:
    """The type of the network file system that the file is on. None if it is on none, or the system does not say it."""
    try:
        lines = [line.split(" ") for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return None
    # The deepest mount point above the file; of several on one point, the last one hides the others.
    here, kind = "", ""
    for _, point, its_kind, *_ in lines:
        point = point.replace("\\040", " ")
        if path.is_relative_to(point) and len(point) >= len(here):
            here, kind = point, its_kind
    return kind if kind in _NETWORK else None
