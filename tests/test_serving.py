"""`ledgermesh serve` as it is reached: over https with its own certificate, by callers whom an issuer vouches for."""

from __future__ import annotations

import datetime as dt
import json
import signal
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from ledgermesh.edge.transport.tls import server_context
from ledgermesh.errors import ConfigurationError
from ledgermesh.sandbox.certificate import Certificate, self_signed
from tests.commands import SECONDS, process, run
from tests.ports import HOST
from tests.shop import GOOD

ISSUER = """
[[issuers]]
name = "login"
issuer = "https://login.test/"
audience = ["ledgermesh"]
algorithms = ["ES256"]
jwks_file = "keys.json"
tenant = "acme"
"""


@pytest.fixture(autouse=True)
def _here(shop: None) -> None:
    """First of all fixtures, as those of this file write to the folder."""


def certificate() -> Certificate:
    """For this machine; two files in this folder."""
    made = self_signed([], dt.datetime.now(dt.UTC))
    Path("cert.pem").write_bytes(made.pem)
    Path("key.pem").write_bytes(made.key)
    return made


def token(key: ECKey) -> str:
    """Somebody of the shop's tenant, for five minutes."""
    now = int(dt.datetime.now(dt.UTC).timestamp())
    claims = {
        "iss": "https://login.test/", "aud": "ledgermesh", "sub": "ada", "iat": now, "exp": now + 300,
        "scope": "api.read",
    }  # fmt: skip
    return jwt.encode({"alg": "ES256", "kid": "k1"}, claims, key)


def test_it_shows_its_certificate_and_takes_tokens() -> None:
    """Over https with TLS 1.2 or newer, and not over plain http; browsers are told to stay. The token's tenant is seen,
    and neither token nor key is in the log.
    """
    certificate()
    key = ECKey.generate_key("P-256", {"kid": "k1"})
    Path("keys.json").write_text(json.dumps({"keys": [key.as_dict(private=False)]}), encoding="utf-8")
    Path("ledgermesh.toml").write_text(GOOD + ISSUER, encoding="utf-8")
    given = token(key)
    with process("serve", "--port", "0", "--tls-cert", "cert.pem", "--tls-key", "key.pem") as gateway:
        url = gateway.said("https").strip()
        trusting = ssl.create_default_context(cafile="cert.pem")
        with httpx.Client(verify=trusting, base_url=url, timeout=SECONDS) as http:
            found = [
                http.post(
                    "/graphql",
                    json={"query": "{ viewer { id } companies { key } }"},
                    headers={"Authorization": f"Bearer {each}"},
                )
                for each in (given, "acme-key", given[:-4] + "AAAA")
            ]
        with pytest.raises(httpx.HTTPError):
            httpx.get(url.replace("https", "http") + "/healthz", timeout=SECONDS)
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{url}/healthz", timeout=SECONDS)
        version = spoken(int(url.rpartition(":")[2]), trusting)
        code, errors = gateway.stop(signal.SIGTERM)

    assert [answer.status_code for answer in found] == [200, 200, 401]
    assert found[0].json()["data"] == {"viewer": {"id": "acme"}, "companies": [{"key": "shop"}]}
    assert all(answer.headers["strict-transport-security"] == "max-age=31536000" for answer in found)
    assert version == "TLSv1.3"
    assert (code, "Traceback" in errors, given in errors, "PRIVATE" in errors) == (0, False, False, False)
    assert f'"client": "{HOST}"' in errors


def spoken(port: int, context: ssl.SSLContext) -> str | None:
    """The version of TLS that is spoken."""
    with (
        socket.create_connection((HOST, port), timeout=SECONDS) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        return secured.version()


def test_older_tls_is_not_spoken() -> None:
    """Nothing below 1.2, and HTTP/1.1 is what is offered."""
    certificate()
    found = server_context(Path("cert.pem"), Path("key.pem"))
    assert found.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_certificate_that_cannot_be_used_is_said_at_the_start() -> None:
    """Missing, another's, empty, encrypted: words and not a traceback, never a question on the terminal."""
    certificate()
    Path("empty.pem").write_bytes(b"")
    Path("other.pem").write_bytes(self_signed([], dt.datetime.now(dt.UTC)).key)
    Path("locked.pem").write_text(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIBvTBXBgkqhkiG9w0BBQ0w\n-----END ENCRYPTED PRIVATE KEY-----\n"
    )
    for cert, key in (
        ("nowhere.pem", "key.pem"), ("cert.pem", "nowhere.pem"), ("empty.pem", "key.pem"), ("cert.pem", "empty.pem"),
        ("cert.pem", "other.pem"), ("cert.pem", "locked.pem"), (".", "."),
    ):  # fmt: skip
        with pytest.raises(ConfigurationError):
            server_context(Path(cert), Path(key))


MISTAKES = {
    '[server]\ntls_cert = "a.pem"': "server.tls_cert and server.tls_key: give both or neither",
    '[server]\nhosts = ["https://a.test"]': "server.hosts: a host is a name",
    '[server]\ntrusted_proxies = ["10.0.0.1/8"]': "server.trusted_proxies",
    ISSUER: "jwks_file cannot be read",
    ISSUER.replace('jwks_file = "keys.json"', ""): "exactly one of jwks_url and jwks_file",
    ISSUER.replace('jwks_file = "keys.json"', 'jwks_url = "http://login.test/keys"'): "jwks_url is https://",
    ISSUER.replace('"ES256"', '"HS256"'): "issuers.0.algorithms",
    ISSUER.replace('"ES256"', '"none"'): "issuers.0.algorithms",
    ISSUER.replace('["ES256"]', "[]"): "issuers.0.algorithms",
    ISSUER.replace('["ledgermesh"]', "[]"): "issuers.0.audience",
    ISSUER.replace('"acme"', '"nobody"'): "there is no tenant 'nobody'",
    ISSUER.replace('tenant = "acme"', ""): "exactly one of tenant and tenant_claim",
    ISSUER.replace('"login"', '"log in"'): "name is 1 to 40",
    ISSUER + ISSUER: "'login' is there twice",
}


@pytest.mark.parametrize(("text", "words"), MISTAKES.items(), ids=range(len(MISTAKES)))
def test_mistakes_are_said_before_it_serves(
    capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    """Each by its place, with exit code 2."""
    whole = GOOD.replace("[server]", text) if text.startswith("[server]") else GOOD + text
    Path("ledgermesh.toml").write_text(whole, encoding="utf-8")

    assert run("serve", "--port", "0") == 2
    assert words in capsys.readouterr().err
