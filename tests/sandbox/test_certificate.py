"""The sandbox's certificate: what it is good for, and for whom."""

from __future__ import annotations

import datetime as dt
import ssl
import tempfile
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from ledgermesh.sandbox.certificate import Certificate, self_signed
from ledgermesh.sandbox.emulator import modules

NOW = dt.datetime(2025, 11, 15, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return self_signed(["books.test", "192.0.2.7", "bücher.test"], NOW)


def names(certificate: Certificate) -> x509.SubjectAlternativeName:
    loaded = x509.load_pem_x509_certificate(certificate.pem)
    return loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def test_it_is_good_for_its_hosts_and_this_machine(certificate: Certificate) -> None:
    """By name and by address, in either version of it; nothing stands there twice."""
    found = names(certificate)
    assert found.get_values_for_type(x509.DNSName) == ["books.test", "xn--bcher-kva.test", "localhost"]
    assert found.get_values_for_type(x509.IPAddress) == [
        IPv4Address("192.0.2.7"),
        IPv4Address("127.0.0.1"),
        IPv6Address("::1"),
    ]
    again = names(self_signed(["127.0.0.1", "localhost"], NOW))
    assert len(list(again)) == 3


def test_it_is_good_for_a_year(certificate: Certificate) -> None:
    """From an hour before it was made, for clients whose clocks are behind."""
    loaded = x509.load_pem_x509_certificate(certificate.pem)
    assert loaded.not_valid_before_utc == NOW - dt.timedelta(hours=1)
    assert loaded.not_valid_after_utc == NOW + dt.timedelta(days=365)


def test_nothing_can_be_signed_with_it(certificate: Certificate) -> None:
    """It is no authority: a certificate under it is not trusted by who trusts it."""
    loaded = x509.load_pem_x509_certificate(certificate.pem)
    assert loaded.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    verifier = (
        PolicyBuilder().store(Store([loaded])).time(NOW).build_server_verifier(x509.DNSName("other.test"))
    )
    with pytest.raises(VerificationError):
        verifier.verify(loaded, [])


def test_each_is_new_and_shows_no_key(certificate: Certificate) -> None:
    """Two starts share no key, and a printed value does not hold it."""
    other = self_signed([], NOW)
    assert other.key != certificate.key
    assert "PRIVATE" not in repr(certificate)
    assert b"PRIVATE" not in certificate.pem


def test_no_key_is_left_on_disk(
    certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder that the ssl module read it from is gone when the context is made."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    tempfile.tempdir = None
    try:
        context = certificate.context()
    finally:
        tempfile.tempdir = None
    assert list(tmp_path.iterdir()) == []
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_it_is_no_emulator() -> None:
    """A module here that has no `make` is not taken for a provider."""
    assert "certificate" not in modules()
