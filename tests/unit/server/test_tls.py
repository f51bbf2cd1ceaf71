"""Files of certificates and keys: each error is one line that names the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.broken_key_files import PATHS, break_path
from ticker.cli import main
from ticker.errors import TlsError
from ticker.server.tls import Tls

BROKEN = {
    "nothing": (b"", "has no "),
    "text": (b"nonsense", "has no "),
    "NUL": (b"\0" * 100, "has no "),
    "a public key": (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "has no "),
    "marks with nothing between": (
        b"-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n",
        "not a certificate and its private key",
    ),
    "half of it": (
        b"-----BEGIN CERTIFICATE-----\nMIIB-----BEGIN PRIVATE KEY-----\nMI",
        "not a certificate and its private key",
    ),
}


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    ran = CliRunner().invoke(main, ["cert", "--self-signed", "--out", str(tmp_path)])
    assert ran.exit_code == 0, ran.output
    (cert,) = tmp_path.glob("*cert*.pem")
    (key,) = tmp_path.glob("*key*.pem")
    return cert, key


def check(tls: Tls, files: tuple[Path, Path], broken: Path, part: str) -> None:
    with pytest.raises(TlsError) as starting:
        Tls(*files)
    with pytest.raises(TlsError) as reloading:
        tls.read()
    for caught in (starting, reloading):
        line = str(caught.value)
        assert str(broken) in line
        assert part in line
        assert line.isprintable()


@pytest.mark.parametrize("which", [0, 1], ids=["certificate", "key"])
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_one_line_that_names_it(files: tuple[Path, Path], which: int, name: str) -> None:
    """At the start and at a reload."""
    content, part = BROKEN[name]
    tls = Tls(*files)
    files[which].write_bytes(content)
    check(tls, files, files[which], part)


@pytest.mark.parametrize("which", [0, 1], ids=["certificate", "key"])
@pytest.mark.parametrize("how", PATHS)
def test_what_is_not_a_file_is_refused_at_once(files: tuple[Path, Path], which: int, how: str) -> None:
    """Without waiting for the other end of a pipe."""
    tls = Tls(*files)
    break_path(files[which], how)
    check(tls, files, files[which], PATHS[how])


def test_a_key_with_a_password_is_refused(files: tuple[Path, Path]) -> None:
    """The file is named, and nothing asks for the password."""
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    tls = Tls(*files)
    key = load_pem_private_key(files[1].read_bytes(), None)
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    check(tls, files, files[1], "protected by a password")
