"""The server's certificate and TLS settings."""

from __future__ import annotations

import ssl
from pathlib import Path

from ticker.errors import TlsError


class Tls:
    """A certificate and its key, in PEM files. Raises ``TlsError`` for files that can't be used."""

    def __init__(self, cert: Path, key: Path | None) -> None:
        self._cert = cert
        self._key = key
        self.context = self._load()

    def read(self) -> None:
        """Reload the files for new connections. Raises ``TlsError``; the previous certificate then stays in use."""
        # A failed load can leave a context half changed: try a fresh one first.
        self._load()
        self.context.load_cert_chain(self._cert, self._key)

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self._cert, self._key, _no_password)
        except FileNotFoundError:
            missing = next((path for path in (self._cert, self._key) if path and not path.exists()), self._cert)
            raise TlsError(f"{missing}: no such file") from None
        except ssl.SSLError as error:
            files = " and ".join(str(path) for path in (self._cert, self._key) if path)
            raise TlsError(f"{files}: not a certificate and its private key (PEM): {error.reason or error}") from None
        except OSError as error:
            raise TlsError(f"{error.filename or self._cert}: {error.strerror}") from None
        return context


def _no_password() -> str:
    raise TlsError("the key is protected by a password, which a server can't enter")
