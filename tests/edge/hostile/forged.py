"""What only we make, made by others: ids, cursors, plans, syncs, links, keys and tokens."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.edge.hostile.calling import CURSOR, FORBIDDEN, WRONG, Case, Door, Reply, request

Bent = Callable[[str], str]
NODE = "query A($x: ID!) { node(id: $x) { id } }"
ENTITY = 'query A($x: ID!) { _entities(representations: [{ __typename: "Invoice", id: $x }]) { __typename } }'
PAGE = (
    'query A($x: String!) { company(key: "maple-bakery") { invoices(first: 1, after: $x) { nodes { id } } } }'
)
COMMIT = "mutation A($x: String!) { commit(planToken: $x) { mode } }"
SYNC = "query A($x: ID!) { sync(id: $x) { id } }"
EVENTS = "subscription A($x: String!) { recordsChanged(after: $x) { cursor } }"


def flipped(text: str) -> str:
    """One bit of it is another."""
    middle = len(text) // 2
    return text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]


BENT: Mapping[str, Bent] = {
    "a bit flipped": flipped,
    "cut short": lambda text: text[:-5],
    "made longer": lambda text: text + "AAAA",
    "reversed": lambda text: text[::-1],
    "of zeros": lambda text: base64.urlsafe_b64encode(bytes(len(text))).decode(),
    "of noise": lambda text: "\x00\udfff"[:1] + "é☃" * 20,
    "very long": lambda text: text * 400,
    "empty": lambda text: "",
}


def asked(door: Door, query: str, value: str, key: str = "lm_demo_write", **headers: str) -> Reply:
    """A question with one value."""
    body = json.dumps({"query": query, "variables": {"x": value}}).encode()
    return door.exchange(request(body, **({"Authorization": f"Bearer {key}"} | headers)))


def _bent(what: str, query: str, says: str) -> list[Case]:
    """A good one of this kind, bent in every way."""

    def case(how: str, bend: Bent) -> Case:
        def run(door: Door) -> Reply:
            return asked(door, query, bend(door.known[what]))

        return Case(f"{what}: {how}", run, says)

    return [case(how, bend) for how, bend in BENT.items()]


def swapped(name: str, what: str, query: str, says: str, key: str = "lm_demo_write") -> Case:
    """What is good for something else, or for somebody else."""
    return Case(name, lambda door: asked(door, query, door.known[what], key), says)


IDS = (
    *_bent("id", NODE, WRONG),
    swapped("an id of another tenant", "theirs", NODE, WRONG),
    swapped("an id of ours over a connection of theirs", "theirs_as_ours", NODE, FORBIDDEN),
    swapped("an entity of another tenant", "theirs", ENTITY, WRONG),
    swapped("an entity of ours over a connection of theirs", "theirs_as_ours", ENTITY, FORBIDDEN),
    swapped("an entity of another type", "document", ENTITY, WRONG),
    swapped("a cursor as an id", "cursor", NODE, WRONG),
    swapped("our id, asked for by another tenant", "id", NODE, WRONG, "lm_rival"),
    swapped("our entity, asked for by another tenant", "id", ENTITY, WRONG, "lm_rival"),
)
CURSORS = (
    *_bent("cursor", PAGE, CURSOR),
    swapped("a cursor of another list", "cursor", PAGE.replace("invoices", "bills"), CURSOR),
    swapped("a cursor of another company", "cursor", PAGE.replace("maple-bakery", "grand-tour"), CURSOR),
    swapped("our cursor in another tenant's hands",
            "cursor", PAGE.replace("maple-bakery", "zanzibar"), CURSOR, "lm_rival"),
    swapped("an id as a cursor", "id", PAGE, CURSOR),
)  # fmt: skip
WRITES = (
    *_bent("plan", COMMIT, "200 PLAN_TOKEN"),
    swapped("our plan in another tenant's hands", "plan", COMMIT, FORBIDDEN, "lm_rival"),
    swapped("our plan in the hands of who may only read", "plan", COMMIT, FORBIDDEN, "lm_demo_read"),
    swapped("a cursor as a plan", "cursor", COMMIT, "200 PLAN_TOKEN"),
    *_bent("sync", SYNC, "200"),
    swapped("our sync, asked for by another tenant", "sync", SYNC, "200", "lm_rival"),
)


# -- who asks ------------------------------------------------------------------------------------------------------


def encoded(value: Any) -> str:
    """A part of a token."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def decoded(token: str, part: int) -> Any:
    """The same, read."""
    text = token.split(".")[part]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def headed(**header: Any) -> Bent:
    """A good token with another header; the signature is the old one."""

    def bend(token: str) -> str:
        return ".".join([encoded(decoded(token, 0) | header), *token.split(".")[1:]])

    return bend


def said(**claims: Any) -> Bent:
    """A good token that claims something else; the signature is the old one."""

    def bend(token: str) -> str:
        head, _, signature = token.split(".")
        return f"{head}.{encoded(decoded(token, 1) | claims)}.{signature}"

    return bend


def who(name: str, make: Callable[[Door], str], says: str = "401 UNAUTHENTICATED", **headers: str) -> Case:
    """Somebody with this in the Authorization header."""

    def run(door: Door) -> Reply:
        return door.exchange(
            request(b'{"query": "{ viewer { id } }"}', **({"Authorization": make(door)} | headers))
        )

    return Case(name, run, says)


def token(name: str, bend: Bent, says: str = "401 UNAUTHENTICATED") -> Case:
    """A token of the issuer's, bent."""
    return who(f"JWT: {name}", lambda door: f"Bearer {bend(door.known['jwt'])}", says)


def _browser(how: str, bend: Bent) -> Case:
    """A browser's token of ours, bent behind its prefix."""
    return who(
        f"a browser's token: {how}",
        lambda door: f"Bearer lm_browser_{bend(door.known['browser'].removeprefix('lm_browser_'))}",
        Origin="https://books.example",
    )


TOKENS = (
    token("as it is", lambda text: text, "200"),
    token("alg none", headed(alg="none")),
    token("alg None and no signature", lambda text: headed(alg="None")(text).rpartition(".")[0] + "."),
    token("alg HS256 over the public key", headed(alg="HS256")),
    token("alg is a list", headed(alg=["ES256"])),
    token("alg is a number", headed(alg=1)),
    token("another alg of the same kind", headed(alg="ES512")),
    token("kid is a path", headed(kid="../../../../dev/null")),
    token("kid is an address", headed(kid="http://169.254.169.254/latest")),
    token("kid is a command", headed(kid="k1'; DROP TABLE keys; --")),
    token("kid is a megabyte", headed(kid="k" * 50_000)),
    token("kid is an object", headed(kid={"a": 1})),
    token("a key of its own", headed(jwk={"kty": "oct", "k": "AAAA"})),
    token("keys elsewhere", headed(jku="http://169.254.169.254/keys", x5u="http://127.0.0.1/")),
    token("something critical", headed(crit=["exp"])),
    token("unencoded", headed(b64=False, crit=["b64"])),
    token("another tenant", said(org="rival")),
    token("another issuer", said(iss="https://evil.test/")),
    token("more scopes", said(scope="api.read api.write admin")),
    token("no end", said(exp=None)),
    token("an end beyond time", said(exp=1e400)),
    token("deep claims", lambda text: ".".join([text.split(".")[0], encoded(b'{"iss":' + b"[" * 9_000), "AAAA"])),
    token("no signature", lambda text: text.rpartition(".")[0] + "."),
    token("a bit flipped", lambda text: text[:-6] + ("A" if text[-6] != "A" else "B") + text[-5:]),
    token("five parts", lambda text: text + ".AAAA.AAAA"),
    token("huge", lambda text: text + "A" * 60_000),
    token("encrypted", lambda text: f"{encoded({'alg': 'dir', 'enc': 'A256GCM'})}..AAAA.AAAA.AAAA"),
    token("parts of nothing", lambda text: ".."),
    who("JWT: for somebody else", lambda door: f"Bearer {door.known['jwt_elsewhere']}"),
    who("JWT: that has ended", lambda door: f"Bearer {door.known['jwt_old']}"),
    who("nobody", lambda door: "Bearer "),
    who("a scheme of nobody", lambda door: "Digest username=x"),
    who("Basic that is no base64", lambda door: "Basic \xff\xff"),
    who("Basic without a colon", lambda door: f"Basic {base64.b64encode(b'lm_demo_read').decode()}"),
    who("Basic of a hundred thousand", lambda door: "Basic " + "A" * 99_996),
    who("a key of a hundred thousand", lambda door: "Bearer " + "lm_" + "A" * 100_000),
    who("a key that is cut short", lambda door: "Bearer lm_demo_rea"),
    who("a key of other letters", lambda door: "Bearer LM_DEMO_READ"),
    who("the digest of a key", lambda door: "Bearer " + "a" * 64),
    who("a browser's token from a page elsewhere", lambda door: f"Bearer {door.known['browser']}",
        Origin="https://evil.test"),
    who("a browser's token from no page", lambda door: f"Bearer {door.known['browser']}"),
    *(
        _browser(how, bend) for how, bend in BENT.items() if how not in ("of noise", "very long")
    ),
    who("a link as a key", lambda door: f"Bearer {door.known['link']}"),
)  # fmt: skip

CASES = (*IDS, *CURSORS, *WRITES, *TOKENS)
