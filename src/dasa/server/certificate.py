"""A certificate of our own for a local network, where nobody else would vouch for this machine.

It says which names and addresses are meant, so that a browser that was told to trust it does not complain again.
It is an end certificate, not an authority: whoever trusts it trusts this one machine. Key and certificate lie in
one file, which is replaced in one step, so that they always belong together.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from dasa.errors import SettingError

_DAYS = 365  # Safari refuses more than 825 days, and of authorities that it knows more than 398
_RENEW_BEFORE = datetime.timedelta(days=30)
_CLOCKS_DIFFER = datetime.timedelta(days=1)
_KEY_AND_CERTIFICATE, _CERTIFICATE = "key-and-certificate.pem", "certificate.pem"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """A certificate that this machine made for itself."""

    path: Path  # PEM with the private key and the certificate
    public: Path  # PEM with the certificate alone, to hand out
    fingerprint: str  # SHA-256 as browsers show it: AB:CD:...
    expires: datetime.datetime  # UTC


def own_certificate(folder: Path, names: Iterable[str], now: datetime.datetime) -> OwnCertificate:
    """The certificate in ``folder``; makes one where none fits the names (host names and addresses) any more.

    It is made anew when it expires within 30 days, when a name or an IPv4 address is missing from it, and when
    others could read the key. IPv6 addresses alone are no reason: many machines change theirs every day.
    ``now`` is in UTC. Raises SettingError when the folder cannot be written.
    """
    wanted = frozenset(names)
    path = folder / _KEY_AND_CERTIFICATE
    try:
        kept = _usable(path, wanted, now)
        if kept is None:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            key, kept = _make(wanted, now)
            _replace(path, _pem_of(key) + kept.public_bytes(serialization.Encoding.PEM), 0o600)
        _replace(folder / _CERTIFICATE, kept.public_bytes(serialization.Encoding.PEM), 0o644)
    except OSError as error:
        raise SettingError(
            f"The certificate of DASA_TLS cannot be kept in {folder} ({error.strerror}); set DASA_DATA to a "
            "folder that can be written."
        ) from error
    shown = kept.fingerprint(hashes.SHA256()).hex(":").upper()
    return OwnCertificate(path, folder / _CERTIFICATE, shown, kept.not_valid_after_utc)


def check_pair(certificate: Path, key: Path) -> None:
    """SettingError when somebody's own certificate and key cannot be used together."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key, password=lambda: "")  # never asks for one
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        raise SettingError(
            f"DASA_TLS_CERTIFICATE ({certificate}) and DASA_TLS_KEY ({key}) cannot be used: {reason}. Both are "
            "PEM files, belong to each other, and the key has no pass phrase."
        ) from None


def _usable(path: Path, wanted: frozenset[str], now: datetime.datetime) -> x509.Certificate | None:
    """The certificate that is there, where it will do."""
    if not path.exists() or (os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077):
        return None
    try:
        kept = x509.load_pem_x509_certificate(path.read_bytes())
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        alternatives = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, x509.ExtensionNotFound):
        return None
    covered = {str(name.value) for name in alternatives}
    missing = {name for name in wanted - covered if not isinstance(_address(name), ipaddress.IPv6Address)}
    in_time = kept.not_valid_before_utc <= now < kept.not_valid_after_utc - _RENEW_BEFORE
    return kept if in_time and not missing and key.public_key() == kept.public_key() else None


def _make(names: frozenset[str], now: datetime.datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """A fresh key and what says that it belongs to the names."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "DASA on this network")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER).not_valid_after(now + datetime.timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in sorted(names)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier(identifier.digest, None, None), critical=False)
    )  # fmt: skip
    return key, builder.sign(key, hashes.SHA256())


def _address(name: str) -> Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _general(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


def _pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Write a file in one step, with its permissions from the first moment."""
    if path.exists() and path.read_bytes() == content and stat.S_IMODE(path.stat().st_mode) == mode:
        return
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # for the owner alone
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
