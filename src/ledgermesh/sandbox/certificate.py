"""A certificate that signs itself, for a sandbox that is reached over https."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOCAL = ("localhost", "127.0.0.1", "::1")
"""Names and addresses of this machine, which every certificate is good for."""
VALID_DAYS = 365
SLACK = dt.timedelta(hours=1)
"""How far a client's clock may be behind."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, both PEM. Nobody trusts it who was not told to."""

    pem: bytes
    key: bytes = field(repr=False)

    def context(self) -> ssl.SSLContext:
        """For a server that shows this certificate."""
        found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        found.minimum_version = ssl.TLSVersion.TLSv1_2
        # The ssl module reads files only; the key lies in one no longer than it takes to read it.
        with tempfile.TemporaryDirectory(prefix="ledgermesh-") as folder:
            chain = Path(folder, "chain.pem")
            chain.write_bytes(self.key + self.pem)
            found.load_cert_chain(chain)
        return found


def self_signed(hosts: Sequence[str], now: dt.datetime) -> Certificate:
    """A new certificate for these host names and addresses and for this machine's own, good for a year from `now`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ledgermesh sandbox")])
    names = x509.SubjectAlternativeName([_name(host) for host in dict.fromkeys((*hosts, *LOCAL))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SLACK)
        .not_valid_after(now + dt.timedelta(days=VALID_DAYS))
        .add_extension(names, critical=False)
        # No authority: whoever trusts it trusts these names and nothing that could be signed with its key.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Certificate(
        made.public_bytes(Encoding.PEM),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host.encode("idna").decode("ascii"))
