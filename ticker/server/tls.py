"""The certificate that the server shows, and whom it lets in with what encryption."""

from __future__ import annotations

import ssl
from pathlib import Path

from ticker.errors import TlsError


class Tls:
    """A certificate and its key, both PEM. Raises ``TlsError`` for files that can't be used."""

    def __init__(self, cert: Path, key: Path | None) -> None:
        self._cert = cert
        self._key = key
        # A fresh context first: what is wrong must not be half in use.
        self.context = self._loaded()

    def read(self) -> None:
        """Take what the files hold now, for connections to come. Raises ``TlsError``; then those of before stay."""
        self._loaded()
        self.context.load_cert_chain(self._cert, self._key)

    def _loaded(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self._cert, self._key, _no_password)
        except FileNotFoundError:
            missing = next((path for path in (self._cert, self._key) if path and not path.exists()), self._cert)
            raise TlsError(f"{missing}: there is no such file") from None
        except ssl.SSLError as error:
            what = error.reason or str(error)
            raise TlsError(
                f"{self._cert} and {self._key or 'its key'}: not a certificate with its key: {what}"
            ) from None
        except OSError as error:
            raise TlsError(f"{error.filename or self._cert}: {error.strerror}") from None
        return context


def _no_password() -> str:
    raise TlsError("the key is protected by a password; a server can't be asked for it")
