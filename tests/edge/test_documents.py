"""Documents that a request names: persisted by callers, or trusted by the operator."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledgermesh.edge.documents import HOLDERS_MAX, Documents, read_trusted
from ledgermesh.errors import ConfigurationError
from tests.edge.desk import NEW, OLD, Desk, code, door, post

WORD = "{ word }"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def persisted(text: str, **more: Any) -> dict[str, Any]:
    """The body of a request that gives a text's hash."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256(text)}}, **more}


# -- automatically persisted queries -----------------------------------------------------------------------------------


async def test_a_hash_stands_for_a_text_that_was_sent_before(http: httpx.AsyncClient, desk: Desk) -> None:
    """Unknown at first; sent once with its text, the hash alone is enough, by POST, by GET, in a batch and as an id."""
    text = "query ($t: String!) { word(text: $t) }"
    given = {"variables": {"t": "two"}}

    unknown = await http.post("/graphql", json=persisted(text, **given))
    taught = await http.post("/graphql", json=persisted(text, query=text, **given))
    known = await http.post("/graphql", json=persisted(text, **given))
    params = {name: json.dumps(value) for name, value in persisted(text, **given).items()}
    got = await http.get("/graphql", params=params)
    batch = await http.post("/graphql", json=[persisted(text, **given)])
    named = await http.post("/graphql", json={"documentId": f"sha256:{sha256(text)}", **given})

    assert code(unknown) == "PERSISTED_QUERY_NOT_FOUND"
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert [each.json() for each in (taught, known, got, named)] == [{"data": {"word": "two"}}] * 4
    assert batch.json() == [{"data": {"word": "two"}}]
    assert {question.text for question in desk.questions} == {text}


async def test_the_status_of_an_unknown_hash(http: httpx.AsyncClient) -> None:
    """200 in the older media type, where clients look for the code only then; 404 in the newer one."""
    found = [
        await http.post("/graphql", json=persisted("{ a }"), headers={"Accept": each}) for each in (OLD, NEW)
    ]

    assert [each.status_code for each in found] == [200, 404]
    assert {code(each) for each in found} == {"PERSISTED_QUERY_NOT_FOUND"}


async def test_a_hash_of_another_text_is_refused(http: httpx.AsyncClient, desk: Desk) -> None:
    """Nobody can put a text of theirs behind a hash; nothing is executed."""
    answer = await http.post("/graphql", json=persisted("{ other }", query=WORD))

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
    assert code(await http.post("/graphql", json=persisted("{ other }"))) == "PERSISTED_QUERY_NOT_FOUND"
    assert desk.questions == []


@pytest.mark.parametrize(
    "found",
    [
        7,
        {},
        {"version": 1},
        {"version": 1, "sha256Hash": 7},
        {"version": 1, "sha256Hash": "ab"},
        {"version": 1, "sha256Hash": "g" * 64},
        {"version": 2, "sha256Hash": "a" * 64},
        {"sha256Hash": "a" * 64},
    ],
    ids=repr,
)
async def test_a_malformed_hash(http: httpx.AsyncClient, desk: Desk, found: Any) -> None:
    """What is no hash of the one version there is, is a 400, with or without a text."""
    for body in ({}, {"query": WORD}):
        answer = await http.post("/graphql", json={**body, "extensions": {"persistedQuery": found}})

        assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
    assert desk.questions == []


async def test_hashes_are_hexadecimal_in_either_case(http: httpx.AsyncClient) -> None:
    """And `persistedQuery: null` is as good as nothing."""
    loud = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": sha256(WORD).upper()}}}

    assert (await http.post("/graphql", json={**loud, "query": WORD})).json() == {"data": {"word": "hello"}}
    assert (await http.post("/graphql", json=persisted(WORD))).json() == {"data": {"word": "hello"}}
    nothing = {"query": WORD, "extensions": {"persistedQuery": None}}
    assert (await http.post("/graphql", json=nothing)).json() == {"data": {"word": "hello"}}


async def test_tenants_do_not_share_documents(desk: Desk) -> None:
    """What one tenant sent, another one's hash does not find."""
    async with door(desk, tenants={"a": (), "b": ()}) as http:
        a, b = ({"Authorization": f"Bearer {key}"} for key in "ab")
        await http.post("/graphql", json=persisted(WORD, query=WORD), headers=a)
        found = [await http.post("/graphql", json=persisted(WORD), headers=each) for each in (a, b)]

    assert found[0].json() == {"data": {"word": "hello"}}
    assert code(found[1]) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "documents", [Documents(documents_max=2), Documents(bytes_max=40)], ids=["count", "bytes"]
)
async def test_few_documents_are_kept(desk: Desk, documents: Documents) -> None:
    """Bounded in number and in bytes: the one that was asked for longest ago goes. A long one runs, and is not kept."""
    one, two, three, long = "{ one: word }", "{ two: word }", "{ three: word }", f"{{ {'word ' * 9}}}"
    async with door(desk, documents=documents) as http:
        for text in (one, two):
            await http.post("/graphql", json=persisted(text, query=text))
        await http.post("/graphql", json=persisted(one))
        await http.post("/graphql", json=persisted(three, query=three))
        left = [await http.post("/graphql", json=persisted(text)) for text in (one, two, three)]
        if documents._bytes_max < len(long):
            assert (await http.post("/graphql", json=persisted(long, query=long))).json()["data"]
            assert code(await http.post("/graphql", json=persisted(long))) == "PERSISTED_QUERY_NOT_FOUND"

    assert ["data" in each.json() for each in left] == [True, False, True]


async def test_few_tenants_are_remembered(desk: Desk) -> None:
    """The memory of all tenants together is bounded: who was not heard of for longest is forgotten."""
    keys = [f"key-{number}" for number in range(HOLDERS_MAX + 1)]
    async with door(desk, tenants=dict.fromkeys(keys, ())) as http:
        for key in keys:
            bearer = {"Authorization": f"Bearer {key}"}
            await http.post("/graphql", json=persisted(WORD, query=WORD), headers=bearer)
        found = [
            await http.post("/graphql", json=persisted(WORD), headers={"Authorization": f"Bearer {key}"})
            for key in (keys[0], keys[1])
        ]

    assert ["data" in each.json() for each in found] == [False, True]


async def test_persisting_can_be_switched_off(desk: Desk) -> None:
    """Then a hash is refused, so that clients send texts alone from then on."""
    async with door(desk, documents=Documents(automatic=False)) as http:
        found = [
            await http.post("/graphql", json=body) for body in (persisted(WORD), persisted(WORD, query=WORD))
        ]
        plain = await http.post("/graphql", json={"query": WORD})

    assert [(each.status_code, code(each)) for each in found] == [(200, "PERSISTED_QUERY_NOT_SUPPORTED")] * 2
    assert found[0].json()["errors"][0]["message"] == "PersistedQueryNotSupported"
    assert plain.json() == {"data": {"word": "hello"}}


async def test_a_mutation_s_hash_is_no_way_around_post(http: httpx.AsyncClient) -> None:
    """A persisted mutation over GET is the 405 that its text would be."""
    text = "mutation { write }"
    assert (await http.post("/graphql", json=persisted(text, query=text))).json() == {
        "data": {"write": "written"}
    }

    answer = await http.get("/graphql", params={"extensions": json.dumps(persisted(text)["extensions"])})

    assert (405, "METHOD_NOT_ALLOWED") == (answer.status_code, code(answer))


# -- trusted documents -------------------------------------------------------------------------------------------------


@pytest.fixture(params=["folder", "manifest"])
def trusted(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The document `hello`, in either form."""
    if request.param == "folder":
        (tmp_path / "hello.graphql").write_text(WORD)
        (tmp_path / "README.md").write_text("no document")
        return tmp_path
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"hello": WORD}))
    return path


async def test_a_trusted_document_is_known_by_its_ids(desk: Desk, trusted: Path) -> None:
    """By its name, its hash and its hash as clients of Apollo send it, over GET and POST; texts run beside it."""
    async with door(desk, documents=Documents(read_trusted(trusted))) as http:
        found = [
            await http.post("/graphql", json=body)
            for body in (
                {"documentId": "hello"},
                {"documentId": sha256(WORD)},
                {"documentId": f"sha256:{sha256(WORD)}"},
                persisted(WORD),
                {"query": "{ word }  # another text"},
            )
        ]
        found.append(await http.get("/graphql", params={"documentId": "hello"}))

    assert [each.json() for each in found] == [{"data": {"word": "hello"}}] * 6


async def test_nothing_but_trusted_documents(desk: Desk, trusted: Path) -> None:
    """In this mode every other text, id and hash is a 403, in a batch too; a trusted text to the letter runs."""
    other = "{ word } "
    async with door(desk, documents=Documents(read_trusted(trusted, only=True))) as http:
        good = [
            await http.post("/graphql", json=body)
            for body in (
                {"documentId": "hello"},
                persisted(WORD),
                {"query": WORD},
                persisted(WORD, query=WORD),
            )
        ]
        asked = len(desk.questions)
        bad = [
            await http.post("/graphql", json=body)
            for body in (
                {"query": other},
                {"query": "{ __schema { types { name } } }"},
                {"documentId": "other"},
                persisted(other),
                persisted(other, query=other),
                persisted(WORD, query=other),
            )
        ]
        batch = await http.post("/graphql", json=[{"documentId": "hello"}, {"query": other}])
        streamed = await http.post("/graphql", json={"query": other}, headers={"Accept": "text/event-stream"})

    assert [each.json() for each in good] == [{"data": {"word": "hello"}}] * 4
    assert [(each.status_code, code(each)) for each in bad] == [(403, "DOCUMENT_NOT_TRUSTED")] * 6
    assert "data" in batch.json()[0]
    assert batch.json()[1]["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    assert streamed.status_code == 403
    assert len(desk.questions) == asked + 1


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": 7},
        {"documentId": ["hello"]},
        {"documentId": "hello", "query": WORD},
        {"documentId": "hello", **persisted(WORD)},
        {"documentId": " "},
    ],
    ids=repr,
)
async def test_a_malformed_id(http: httpx.AsyncClient, desk: Desk, body: Any) -> None:
    """An id is text, and stands alone."""
    answer = await post(http, json.dumps(body).encode())

    assert (400, "BAD_USER_INPUT") == (answer.status_code, code(answer))
    assert desk.questions == []


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "{", '{"a": 7}', "\udcff", json.dumps({"a": WORD, sha256(WORD): "{ other }"})],
    ids=repr,
)
def test_a_manifest_that_cannot_be_used(tmp_path: Path, content: str) -> None:
    """The gateway does not start with it."""
    path = tmp_path / "manifest.json"
    path.write_bytes(content.encode(errors="surrogateescape"))

    with pytest.raises(ConfigurationError, match="trusted documents"):
        read_trusted(path)


def test_documents_that_are_not_there(tmp_path: Path) -> None:
    """Nor with an empty folder, a file that is no text, or nothing at all."""
    with pytest.raises(ConfigurationError, match="there are none"):
        read_trusted(tmp_path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_trusted(tmp_path / "missing.json")
    (tmp_path / "a.graphql").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_trusted(tmp_path)
