"""The files of ``--state`` in the file system: of the right kind, and accessible to their owner only."""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path
from typing import Final

from ticker.errors import StateError

log = logging.getLogger("ticker.state")

#: What SQLite puts beside the file.
_ENDINGS: Final = ("", "-wal", "-shm", "-journal")
_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


def prepare_file(folder: Path, path: Path) -> None:
    """Create the folder and the file, unless they exist. Raises ``StateError`` if they can't be used.

    A folder that others may write to must be ours, so that ``protect`` can change that: they could put another file
    there. Whether they may read it does not matter, because they can't read the files.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError:
        raise StateError(f"{folder}: not a folder; --state takes the folder of {path.name}") from None
    except OSError as error:
        raise StateError(f"{folder}: {error.strerror}; the server must be able to create this folder") from error
    try:
        _check_folder(folder)
        for each in _files(path):
            _check(each)
        # SQLite would create the file with a wider mode; its other files get the same mode as this one.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
    except OSError as error:
        where = error.filename or path
        raise StateError(
            f"{where}: {error.strerror}; the server must be able to read and write this folder and its files"
        ) from error


def protect(folder: Path, path: Path) -> None:
    """Take away the access of others, after ``prepare_file``. Each change is logged."""
    if others := _writers(folder.stat()):
        _change(folder, others, "other users could write to this folder; now only its owner can")
    for each in _files(path):
        if each.exists() and (others := _others(each.stat())):
            _change(each, others, "other users had access to this file; now only its owner has")


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + ending) for ending in _ENDINGS]


def _check_folder(folder: Path) -> None:
    found = folder.stat()
    if _writers(found) and not _is_ours(found):
        raise StateError(f"{folder}: other users may write to this folder; choose one that only the server's user may")


def _check(path: Path) -> None:
    """Whether a file, if it exists, is one and can be protected. Never opens it: a pipe would wait for its writer."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(found.st_mode)), "of an unknown kind")
        raise StateError(f"{path}: is {kind}, not a file; move it away, or choose another folder for --state")
    if _others(found) and not _is_ours(found):
        raise StateError(
            f"{path}: belongs to another user, and others have access to it; make it the server's own (chown), or"
            " choose another folder for --state"
        )


def _is_ours(found: os.stat_result) -> bool:
    return os.name != "posix" or found.st_uid == os.geteuid()


def _others(found: os.stat_result) -> int:
    """The rights of others to a file."""
    return found.st_mode & 0o077 if os.name == "posix" else 0


def _writers(found: os.stat_result) -> int:
    """The rights of others to put files into a folder. In a sticky one, such as /tmp, they can't replace ours."""
    return 0 if os.name != "posix" or found.st_mode & stat.S_ISVTX else found.st_mode & 0o022


def _change(path: Path, others: int, text: str) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(mode & ~others)
    log.warning("%s: %s (its mode was %o)", path, text, mode)
