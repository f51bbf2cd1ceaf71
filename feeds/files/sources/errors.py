"""Errors of reading and decompressing files, as a ``FeedError`` with a message for the user."""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from ticker.errors import FeedError


@contextmanager
def reading_errors(name: str) -> Iterator[None]:
    """Turn what reading the file ``name`` may raise into a ``FeedError`` that names it."""
    try:
        yield
    except FeedError:
        raise
    except FileNotFoundError:
        raise FeedError(f"{name}: no such file") from None
    except Exception as error:
        text = _message(error)
        if text is None:
            raise
        raise FeedError(f"{name}: {text}") from error


def _message(error: Exception) -> str | None:
    """The message for a reading error; None for any other error."""
    if isinstance(error, EOFError):
        return "the compressed file is truncated"
    if isinstance(error, gzip.BadGzipFile | zlib.error | lzma.LZMAError | zipfile.BadZipFile):
        return f"the compressed file is damaged ({error})"
    if type(error).__name__ == "ZstdError":
        return f"the zstd file is damaged ({error})"
    if isinstance(error, NotImplementedError):  # zipfile supports four compression methods
        return f"can't be unpacked: {str(error)[:1].lower()}{str(error)[1:]}"
    if isinstance(error, OSError):  # errors of bz2 have no number
        return error.strerror or f"the compressed file is damaged ({error})"
    if isinstance(error, ValueError) and "null byte" in str(error):
        return "a file name can't contain a NUL byte"
    return None
