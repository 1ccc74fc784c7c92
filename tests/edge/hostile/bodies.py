"""Bodies that were broken or blown up on purpose: encodings, JSON, compression, batches, forms."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable
from typing import Any

from tests.edge.hostile.calling import BAD, COSTLY, JSON, LARGE, UNKNOWN, UNPARSED, UNREAD, WRONG, Case, post
from tests.edge.test_uploads import EDGE

GOOD = b'{"query": "{ __typename }"}'
FORM = f"multipart/form-data; boundary={EDGE}"


def nested(opens: str, closes: str, levels: int, inner: str = "1") -> bytes:
    """JSON inside of JSON."""
    return (opens * levels + inner + closes * levels).encode()


def wrapped(name: str, inner: bytes) -> bytes:
    """A good question with this as one of its members."""
    return b'{"query": "{ __typename }", "%s": %s}' % (name.encode(), inner)


ENCODINGS = (
    post("nothing", b"", BAD),
    post("one space", b" ", BAD),
    post("null", b"null", BAD),
    post("a number", b"7", BAD),
    post("a number too large for a float", b"1e400", BAD),
    post("a string", b'"{ __typename }"', BAD),
    post("true", b"true", BAD),
    post("half of it", GOOD[:13], BAD),
    post("twice", GOOD * 2, BAD),
    post("a byte that is none", b'{"query": "{ \xff }"}', BAD),
    post("an overlong encoding", b'{"query": "{ \xc0\xaf }"}', BAD),
    post("a surrogate in UTF-8", b'{"query": "{ \xed\xa0\x80 }"}', BAD),
    post("a lone surrogate as an escape", b'{"query": "{ \\ud800 }"}', BAD),
    post("a lone surrogate in a variable", wrapped("variables", b'{"a": "\\udc00"}'), BAD),
    post("a lone surrogate as a name", wrapped("operationName", b'"\\ud800"'), BAD),
    post("NUL in the document", b'{"query": "{ \\u0000 }"}', UNPARSED),
    post("NUL behind the body", GOOD + b"\x00", BAD),
    post("only NULs", b"\x00" * 1_000, BAD),
    post("a byte order mark", b"\xef\xbb\xbf" + GOOD, BAD),
    post("UTF-16", GOOD.decode().encode("utf-16"), BAD),
    post(
        "UTF-16 that says so",
        GOOD.decode().encode("utf-16"),
        UNREAD,
        Content_Type=f"{JSON}; charset=utf-16",
    ),
    post("UTF-32", GOOD.decode().encode("utf-32"), BAD),
    post("UTF-7 that says so", GOOD, UNREAD, Content_Type=f"{JSON}; charset=utf-7"),
    post("a charset that is no name", GOOD, UNREAD, Content_Type=f"{JSON}; charset=\x80"),
    post("single quotes", b"{'query': '{ __typename }'}", BAD),
    post("NaN", wrapped("variables", b'{"a": NaN}'), BAD),
    post("Infinity", wrapped("variables", b'{"a": -Infinity}'), BAD),
    post("a comment", b'{"query": "{ __typename }" /* x */}', BAD),
    post("the same member twice", b'{"query": "{ __typename }", "query": "{ viewer { id } }"}', "200"),
    post("a member named __proto__", wrapped("__proto__", b'{"admin": true}'), "200"),
    post(
        "ten thousand members",
        b"{%s}" % b",".join(b'"a%d":1' % n for n in range(10_000)),
        BAD,
    ),
    post(
        "an integer of a hundred thousand digits",
        wrapped("variables", b'{"a": %s}' % (b"9" * 100_000)),
        BAD,
    ),
    post(
        "a fraction of a hundred thousand digits",
        wrapped("variables", b'{"a": 0.%s}' % (b"9" * 100_000)),
        "200",
    ),
    post("an exponent without end", wrapped("variables", b'{"a": 1e999999999}'), "200"),
)

SHAPES = (
    post("query is a number", {"query": 1}, BAD),
    post("query is a list", {"query": ["{ __typename }"]}, BAD),
    post("query is blank", {"query": " \t\n"}, BAD),
    post("query is null", {"query": None}, BAD),
    post("variables are a list", {"query": "{ __typename }", "variables": []}, BAD),
    post("variables are text", {"query": "{ __typename }", "variables": "{}"}, BAD),
    post("extensions are a number", {"query": "{ __typename }", "extensions": 1}, BAD),
    post("operationName is an object", {"query": "{ __typename }", "operationName": {}}, BAD),
    post("an operation that is not there", {"query": "{ __typename }", "operationName": "x" * 9_000}, WRONG),
    post("a hash that is none", {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}}, BAD),
    post("a hash of a list", {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": []}}}, BAD),
    post("a hash of another document", {
        "query": "{ __typename }", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}},
    }, BAD),
    post("a hash that nobody knows",
         {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}, UNKNOWN),
    post("a document id that is a path", {"documentId": "../../../../etc/passwd"}, UNKNOWN),
    post("a document id that is long", {"documentId": "x" * 100_000}, UNKNOWN),
    post("deep variables", wrapped("variables", b'{"a": %s}' % nested("[", "]", 400_000)), BAD),
    post("deep objects", wrapped("variables", b'{"a": %s}' % nested('{"a":', "}", 100_000)), BAD),
    post("variables a little too deep", wrapped("variables", b'{"a": %s}' % nested("[", "]", 900)), COSTLY),
    post("deep extensions", wrapped("extensions", b'{"a": %s}' % nested("[", "]", 400_000)), BAD),
    post("extensions a little deep", wrapped("extensions", b'{"a": %s}' % nested("[", "]", 900)), "200"),
    post("deep and never closed", b"[" * 900_000, BAD),
    post("many variables", wrapped("variables", b'{"a": [%s]}' % (b"1," * 450_000 + b"1")), COSTLY),
    post("just over the limit", wrapped("variables", b'{"a": "%s"}' % (b"x" * 1_000_000)), LARGE),
    post("twelve megabytes", b"x" * 12_000_000, LARGE),
)  # fmt: skip


def packed(name: str, body: bytes, says: str, coding: str = "gzip") -> Case:
    """A POST that says it is compressed."""
    return post(name, body, says, Content_Encoding=coding)


def bomb(size: int) -> bytes:
    """Zeros that were packed very small."""
    return gzip.compress(b"\x00" * size, 9)


COMPRESSED = (
    packed("a bomb", bomb(100_000_000), LARGE),
    packed("a bomb of deflate", zlib.compress(b" " * 100_000_000, 9), LARGE, "deflate"),
    packed("a bomb in a bomb", gzip.compress(bomb(50_000_000), 9), BAD),
    packed("a bomb of spaces around a question", gzip.compress(GOOD + b" " * 50_000_000, 9), LARGE),
    packed("not compressed", GOOD, BAD),
    packed("half of a stream", gzip.compress(GOOD)[:-9], BAD),
    packed("a wrong checksum", gzip.compress(GOOD)[:-8] + bytes(8), BAD),
    packed("something behind it", gzip.compress(GOOD) + b"more", BAD),
    packed("two streams", gzip.compress(GOOD) + gzip.compress(GOOD), BAD),
    packed("twice compressed", gzip.compress(gzip.compress(GOOD)), UNREAD, "gzip, gzip"),
    packed("brotli", GOOD, UNREAD, "br"),
    packed("a coding of nobody", GOOD, UNREAD, "x" * 5_000),
    packed("an empty stream", gzip.compress(b""), BAD),
)

ONE = {"query": "{ __typename }"}
MANY = {"query": "query A($ids: [ID!]!) { nodes(ids: $ids) { id } }", "variables": {"ids": ["x"] * 5_000}}
BATCHES = (
    post("an empty batch", [], BAD),
    post("eleven operations", [ONE] * 11, BAD),
    post("ten thousand operations", [ONE] * 10_000, BAD),
    post("a batch of batches", [[ONE]], WRONG),
    post("a batch of null", [None] * 5, WRONG),
    post("a batch of numbers", [1, 2, 3], WRONG),
    post("one good and one broken", [ONE, {"query": "{"}], UNPARSED),
    post("a batch as events", [ONE, ONE], BAD, Accept="text/event-stream"),
    post("a batch in parts", [ONE, ONE], BAD, Accept="multipart/mixed"),
    post("a batch of subscriptions", [{"query": "subscription { syncUpdated { cursor } }"}] * 3, WRONG),
    post("a batch of large lists", [MANY] * 10, WRONG),
    post("a batch with a write that is said to be pushed", [ONE], "200", Cache_Control="no-cache"),
)  # fmt: skip


def part(name: str, content: bytes, more: str = "") -> bytes:
    """A part of a form."""
    return (
        f'--{EDGE}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode()
        + content
        + b"\r\n"
    )


def form(*parts: bytes, end: bytes = f"--{EDGE}--\r\n".encode()) -> bytes:
    """A form."""
    return b"".join(parts) + end


def upload(name: str, body: bytes, says: str, media: str = FORM, **headers: str | None) -> Case:
    """A POST of a form with a header that no page can have sent unasked."""
    return post(name, body, says, **{"Content_Type": media, "Apollo_Require_Preflight": "1"} | headers)


def operations(value: Any, map: Any, files: Iterable[bytes] = ()) -> bytes:
    """A form with operations, their map and files."""
    return form(part("operations", json.dumps(value).encode()), part("map", json.dumps(map).encode()), *files)


WITH_FILE = {
    "query": 'query A($f: JSON) { explain(query: "{ a }", variables: $f) { points } }',
    "variables": {"f": None},
}
FILE = part("0", b"content", '; filename="a.txt"')
FORMS = (
    upload("no preflight header",
           operations(WITH_FILE, {"0": ["variables.f"]}, [FILE]), UNREAD, Apollo_Require_Preflight=None),
    upload("a file where none belongs", operations(WITH_FILE, {"0": ["variables.f"]}, [FILE]), WRONG),
    upload("an empty form", form(), BAD),
    upload("no boundary", operations(WITH_FILE, {}), BAD, "multipart/form-data"),
    upload("a boundary of a thousand bytes", b"", BAD, f"multipart/form-data; boundary={'x' * 900}"),
    upload("a boundary that is not in it", b"x" * 10_000, BAD),
    upload("no end", form(part("operations", GOOD), end=b""), BAD),
    upload("only boundaries", f"--{EDGE}\r\n".encode() * 20_000, LARGE),
    upload("no map", form(part("operations", GOOD)), BAD),
    upload("operations twice", form(part("operations", GOOD), part("operations", GOOD)), BAD),
    upload("a map that is a list", operations(WITH_FILE, ["variables.f"], [FILE]), BAD),
    upload("a map of maps", operations(WITH_FILE, {"0": {"0": {"0": []}}}, [FILE]), BAD),
    upload("a map to prototypes", operations(WITH_FILE, {"0": ["variables.__proto__.x"]}, [FILE]), BAD),
    upload("a map to the document", operations(WITH_FILE, {"0": ["query"]}, [FILE]), BAD),
    upload("a map to an index of a thousand digits", operations([WITH_FILE], {"0": ["9" * 1_000]}, [FILE]), BAD),
    upload("a map to a hundred thousand places", operations(WITH_FILE, {"0": ["variables.f"] * 40_000}, [FILE]), BAD),
    upload("a map to a very deep place", operations(WITH_FILE, {"0": ["variables" + ".a" * 100_000]}, [FILE]), BAD),
    upload("a hundred files", operations(WITH_FILE, {}, [part(str(n), b"x") for n in range(100)]), LARGE),
    upload("a part of many headers", form(b"--%s\r\n%s\r\nx\r\n" % (EDGE.encode(), b"A: b\r\n" * 5_000)), BAD),
    upload("a name of control characters", form(part('a\\"\x01\x02', b"x")), BAD),
    upload("a deep form", form(part("operations", nested("[", "]", 200_000)), part("map", b"{}")), BAD),
    upload("a packed form", bomb(60_000_000), LARGE, Content_Encoding="gzip"),
)  # fmt: skip

CASES = (*ENCODINGS, *SHAPES, *COMPRESSED, *BATCHES, *FORMS)
