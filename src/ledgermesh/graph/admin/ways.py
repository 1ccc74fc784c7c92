"""Which secrets each way into a provider needs."""

from __future__ import annotations

from ledgermesh.spec.auth import ApiKey, Auth, Basic, FirstPartyToken


def ways_in(auth: Auth) -> tuple[frozenset[str], ...]:
    """The sets of secrets, each of which is enough to be let in."""
    if isinstance(auth, ApiKey):
        return (frozenset((auth.name,)),)
    if isinstance(auth, Basic):
        return frozenset(("user", "password")), frozenset(("user",))
    if isinstance(auth, FirstPartyToken):
        return frozenset(("token",)), frozenset((auth.user_field, auth.password_field))
    client = frozenset(("client_id", "client_secret"))
    if auth.grant == "authorization_code":
        return frozenset(("access_token",)), client | {"refresh_token"}
    return frozenset(("access_token",)), client


def kept_ways(auth: Auth) -> tuple[frozenset[str], ...]:
    """The same without a person's password, which is never kept for a tenant: the token that it gives is."""
    if isinstance(auth, FirstPartyToken):
        return (frozenset(("token",)),)
    return ways_in(auth)
