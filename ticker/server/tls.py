"""The server's certificate and TLS settings."""

from __future__ import annotations

import ssl
from pathlib import Path

from ticker.errors import TlsError
from ticker.small_file import read_small_file


class Tls:
    """A certificate and its key, in PEM files. Raises ``TlsError`` for files that can't be used."""

    def __init__(self, cert: Path, key: Path | None) -> None:
        self._cert = cert
        self._key = key
        self.context = _context()
        self._load(self.context)

    def read(self) -> None:
        """Reload the files for new connections. Raises ``TlsError``; the previous certificate then stays in use."""
        # A failed load can leave a context half changed: try a fresh one first.
        self._load(_context())
        self._load(self.context)

    def _load(self, context: ssl.SSLContext) -> None:
        key = self._key or self._cert
        # OpenSSL would wait for a named pipe, and doesn't say which file is wrong.
        _check_pem(self._cert, b"CERTIFICATE-----", "certificate")
        _check_pem(key, b"PRIVATE KEY-----", "private key")

        def no_password() -> str:
            raise TlsError(f"{key}: the key is protected by a password, which a server can't enter")

        try:
            context.load_cert_chain(self._cert, self._key, no_password)
        except ssl.SSLError as error:
            files = " and ".join(str(path) for path in (self._cert, self._key) if path)
            raise TlsError(f"{files}: not a certificate and its private key (PEM): {error.reason or error}") from None
        except OSError as error:
            raise TlsError(f"{error.filename or self._cert}: {error.strerror}") from None


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _check_pem(path: Path, mark: bytes, what: str) -> None:
    try:
        content = read_small_file(path)
    except FileNotFoundError:
        raise TlsError(f"{path}: no such file") from None
    except OSError as error:
        raise TlsError(f"{path}: {error.strerror}") from None
    if mark not in content:
        raise TlsError(f"{path}: has no {what} in PEM")
