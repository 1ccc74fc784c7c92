"""JSON Web Tokens (RFC 7519) of the operator's issuers, verified as RFC 8725 advises."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry, deserialize_compact
from msgspec import Struct

from ledgermesh.clock import Clock
from ledgermesh.edge.issuers.claims import entry_of
from ledgermesh.edge.issuers.issuer import ALGORITHMS, Issuer
from ledgermesh.edge.issuers.keyset import KeySet
from ledgermesh.errors import SignIn
from ledgermesh.state.entries import TenantEntry
from ledgermesh.state.registry import Principal, Registry

CHARACTERS_MAX: Final = 16_384
HEADER_MAX: Final = 2_048
FORM: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
OURS: Final = "lm_"
"""How every key and token begins that was made here."""


class _Header(msgspec.Struct):
    alg: str
    kid: str | None = None
    crit: Any = None


class _Said(msgspec.Struct):
    """All that is read of a token before anybody has vouched for it."""

    iss: str


_CLAIMS: Final = msgspec.json.Decoder(dict[str, Any])


class _Registry(JWSRegistry):
    """Asymmetric algorithms only, whatever a token says."""

    max_header_length = HEADER_MAX
    max_payload_length = CHARACTERS_MAX

    def __init__(self) -> None:
        # What a header says beside what we read is ignored, as RFC 7515, section 4, has it.
        super().__init__(algorithms=tuple(ALGORITHMS), strict_check_header=False)

    def get_alg(self, name: str) -> Any:
        """The algorithm. The library warns of the name EdDSA, which issuers use and RFC 9864 has replaced."""
        if name not in ALGORITHMS:
            raise SignIn("this token is signed in a way that is not taken here")
        return self.algorithms[name]


_REGISTRY: Final = _Registry()


class Trusted(Struct, frozen=True):
    """An issuer and its keys."""

    issuer: Issuer
    keys: KeySet


class Issuers:
    """Takes tokens of these issuers and of nobody else."""

    def __init__(self, trusted: Sequence[Trusted], registry: Registry, clock: Clock) -> None:
        self._trusted: Mapping[str, Trusted] = {each.issuer.url: each for each in trusted}
        self._registry = registry
        self._clock = clock
        registry.trust(each.issuer.name for each in trusted)

    def takes(self, text: str) -> bool:
        """Whether it has the form of a token and there is anybody to vouch for it."""
        return bool(self._trusted) and not text.startswith(OURS) and FORM.fullmatch(text) is not None

    async def principal(self, token: str) -> Principal:
        """Whose token it is; raises SignIn, and StateDown where the issuer's keys cannot be had."""
        if len(token) > CHARACTERS_MAX:
            raise SignIn(f"this token is over {CHARACTERS_MAX} characters")
        header, said = _part(token, 0, _Header), _part(token, 1, _Said)
        trusted = self._trusted.get(said.iss)
        if trusted is None:
            raise SignIn("nobody here trusts the issuer of this token (`iss`)")
        claims = await _verified(token, header, trusted)
        if claims.get("iss") != trusted.issuer.url:
            raise SignIn("nobody here trusts the issuer of this token (`iss`)")
        entry = entry_of(trusted.issuer, claims, self._clock.now())
        self._registry.check()
        tenant = self._registry.get(TenantEntry, entry.tenant)
        if tenant is None:
            raise SignIn("the tenant that this token names is not known here")
        return Principal(tenant=tenant, key=entry)


def _part(token: str, number: int, form: type[Any]) -> Any:
    """A part of the token as it is written; raises SignIn."""
    text = token.split(".")[number]
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=form)
    except (ValueError, RecursionError) as error:  # what msgspec raises are ValueErrors too
        raise SignIn("this token cannot be read") from error


async def _verified(token: str, header: _Header, trusted: Trusted) -> Mapping[str, Any]:
    """The claims of a token that its issuer has signed; raises SignIn and StateDown."""
    if header.alg not in trusted.issuer.algorithms & ALGORITHMS or header.crit is not None:
        raise SignIn("this token is signed in a way that is not taken from its issuer (`alg`)")
    key = await trusted.keys.find(header.kid, header.alg)
    if key is None:
        raise SignIn("this token is signed with a key that its issuer does not have (`kid`)")
    try:
        content = deserialize_compact(token, key, registry=_REGISTRY).payload
        return _CLAIMS.decode(content or b"")
    except (JoseError, ValueError, RecursionError) as error:
        raise SignIn("the signature of this token is wrong") from error
