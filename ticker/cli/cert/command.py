"""``ticker cert``: creates a self-signed certificate for testing TLS."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ticker.cli.failure import Failure
from ticker.errors import install_hint

if TYPE_CHECKING:
    from cryptography import x509


@click.command("cert")
@click.option(
    "--self-signed",
    is_flag=True,
    required=True,
    help="Self-signed, for development; clients trust it with --ca.",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    default=("localhost", "127.0.0.1", "::1"),
    show_default=True,
    metavar="NAME",
    help="Names and addresses of the server; may be repeated.",
)
@click.option("--days", type=click.IntRange(1, 825), metavar="DAYS", default=365, show_default=True, help="Validity.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    show_default="this folder",
    metavar="FOLDER",
    help="Folder for ticker-cert.pem and ticker-key.pem.",
)
@click.option("--overwrite", is_flag=True, help="Replace existing files.")
def command(hosts: tuple[str, ...], days: int, out: Path, overwrite: bool, self_signed: bool) -> None:  # noqa: ARG001 - the only kind
    """Create a self-signed certificate for testing TLS.

    \b
    ticker cert --self-signed
    ticker serve --tls-cert ticker-cert.pem --tls-key ticker-key.pem
    ticker watch AAPL --url https://localhost:8000 --ca ticker-cert.pem
    """
    cert, key = out / "ticker-cert.pem", out / "ticker-key.pem"
    for path in (cert, key):
        if path.exists() and not overwrite:
            raise Failure(f"{path} exists; use --overwrite, or another folder with --out")
    certificate, secret = _made(hosts, days)
    out.mkdir(parents=True, exist_ok=True)
    _write(key, secret, 0o600)
    _write(cert, certificate, 0o644)
    click.echo(f"ticker: created {cert} and {key}, valid {days} days, for {', '.join(hosts)}", err=True)


def _write(path: Path, content: bytes, mode: int) -> None:
    """No other user may read the key, not even while it is written."""
    import os

    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)


def _made(hosts: tuple[str, ...], days: int) -> tuple[bytes, bytes]:
    """The certificate and its key, both PEM."""
    from datetime import UTC, datetime, timedelta

    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
    except ImportError as error:
        raise Failure(f"certificates need the package cryptography; install it with: {install_hint('auth')}") from error

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_name(host) for host in hosts]), critical=False)
        # Self-signed: clients trust it as an authority that signs nothing else.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), secret


def _usage() -> x509.KeyUsage:
    from cryptography import x509

    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: name in ("digital_signature", "key_cert_sign") for name in names})


def _name(host: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
