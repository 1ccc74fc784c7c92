"""The certificate that the gateway itself shows, where no proxy does."""

from __future__ import annotations

import ssl
from pathlib import Path

from ledgermesh.errors import ConfigurationError


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """For a server that shows this certificate (with the chain up to its authority; PEM), over TLS 1.2 or newer.

    Raises ConfigurationError, and never asks for a password on the terminal.
    """
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    found.set_alpn_protocols(["http/1.1"])
    for path in (certificate, key):
        if not path.is_file():
            raise ConfigurationError(f"{path}: there is no such file")
    try:
        found.load_cert_chain(certificate, key, password=_no_password)
    except (ssl.SSLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        raise ConfigurationError(
            f"server.tls_cert and server.tls_key are no certificate and its key in PEM ({reason})"
        ) from error
    return found


def _no_password() -> str:
    raise ConfigurationError(
        "server.tls_key: the key is encrypted; give one that is not, in a file only we can read"
    )
