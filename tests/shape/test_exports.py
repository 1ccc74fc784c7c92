"""What other programs take from schema/: a Postman collection and trusted documents, and both work as they are."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from graphql import build_schema, get_operation_ast, parse, validate

from ledgermesh.app import operations
from ledgermesh.clock import SystemClock
from ledgermesh.edge.auth import Authenticator
from ledgermesh.edge.documents import Documents, read_trusted, sha256
from ledgermesh.edge.incoming import Limits
from ledgermesh.edge.routes import application
from ledgermesh.errors import ConfigurationError
from ledgermesh.playground import read_examples
from tests.graph.demo import demo_house
from tests.shape.sources import ROOT
from tests.states import KEYS

SCHEMA = ROOT / "schema"
MANIFEST = SCHEMA / "trusted-documents.json"
EXAMPLES = read_examples(operations())

pytestmark = pytest.mark.asyncio(loop_scope="module")


def collection() -> Any:
    return json.loads((SCHEMA / "ledgermesh.postman_collection.json").read_text(encoding="utf-8"))


def requests(items: Any) -> Iterator[Any]:
    """Every request, those in folders too; fails for what is neither."""
    for item in items:
        assert ("item" in item) != ("request" in item), item["name"]
        if "item" in item:
            assert item.keys() == {"name", "item"}
            yield from requests(item["item"])
        else:
            yield item


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A gateway that runs the documents of the manifest and no others."""
    async with demo_house() as made:
        who = Authenticator(made.gateway.state.registry, KEYS, SystemClock())
        documents = Documents(read_trusted(MANIFEST, only=True))
        app = application(
            answers=made.gateway.answers, who=who, sdl="", limits=Limits(), pages=[], documents=documents
        )
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://gateway.test"
        ) as client:
            yield client


async def test_the_collection_is_of_the_format_2_1() -> None:
    """Name, schema and items as the format has them; every operation once, in the folder of its group, and valid."""
    found = collection()
    schema = build_schema((SCHEMA / "schema.graphql").read_text(encoding="utf-8"))

    assert found.keys() == {"info", "item", "auth", "variable"}
    assert found["info"]["schema"] == "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
    assert [each["key"] for each in found["variable"]] == ["url", "key", "company"]
    assert found["auth"]["bearer"] == [{"key": "token", "value": "{{key}}", "type": "string"}]
    every = list(requests(found["item"]))
    assert [each["name"] for each in every] == [each.name.rpartition("/")[2] for each in EXAMPLES]
    assert {each["name"] for each in found["item"] if "item" in each} == {each.group for each in EXAMPLES} - {
        None
    }
    for each in every:
        asked = each["request"]
        assert asked["method"] == "POST"
        assert asked["url"] == {"raw": "{{url}}/graphql", "host": ["{{url}}"], "path": ["graphql"]}
        assert asked["body"]["mode"] == "graphql"
        graphql = asked["body"]["graphql"]
        assert validate(schema, parse(graphql["query"])) == []
        assert graphql["variables"] == "" or isinstance(json.loads(graphql["variables"]), dict)


async def test_a_request_of_the_collection_is_answered(http: httpx.AsyncClient) -> None:
    """Sent as Postman sends it, with the collection's own values; its text is a trusted one to the letter."""
    found = collection()
    values = {each["key"]: each["value"] for each in found["variable"]}
    (one,) = [each["request"] for each in requests(found["item"]) if each["name"] == "overdue-invoices"]
    headers = {each["key"]: each["value"].replace("{{company}}", values["company"]) for each in one["header"]}
    variables = json.loads(one["body"]["graphql"]["variables"])

    answer = await http.post(
        "/graphql",
        json={"query": one["body"]["graphql"]["query"], "variables": variables},
        headers={**headers, "Authorization": f"Bearer {values['key']}"},
    )

    assert answer.status_code == 200
    assert answer.json()["data"]["company"]["invoices"]["nodes"]


async def test_the_manifest_runs_by_id_and_nothing_else_does(http: httpx.AsyncClient) -> None:
    """Each operation by the hash of its text, as documentId and as a persisted query; another text is refused."""
    found = json.loads(MANIFEST.read_text(encoding="utf-8"))
    assert (found["format"], found["version"]) == ("apollo-persisted-query-manifest", 1)
    for each in found["operations"]:
        node = get_operation_ast(parse(each["body"]))
        assert node is not None
        assert node.name is not None
        assert (each["id"], each["name"], each["type"]) == (
            sha256(each["body"]), node.name.value, node.operation.value,
        )  # fmt: skip
    (one,) = [each for each in found["operations"] if each["name"] == "SeveralCompanies"]
    headers = {"Authorization": "Bearer lm_demo_read", "Accept": "application/graphql-response+json"}

    persisted = {"persistedQuery": {"version": 1, "sha256Hash": one["id"]}}
    bodies = ({"documentId": one["id"]}, {"extensions": persisted}, {"query": "{ viewer { id } }"})
    answers = [await http.post("/graphql", json=body, headers=headers) for body in bodies]

    assert [each.status_code for each in answers] == [200, 200, 403]
    assert answers[0].json()["data"] == answers[1].json()["data"] != {}
    assert answers[2].json()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


@pytest.mark.parametrize(
    "content",
    [
        {"format": "another", "version": 1, "operations": []},
        {"format": "apollo-persisted-query-manifest", "version": 2, "operations": []},
        {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a"}]},
        {"format": "apollo-persisted-query-manifest", "version": 1, "operations": []},
        {
            "format": "apollo-persisted-query-manifest", "version": 1,
            "operations": [{"id": "a", "body": "{ a }"}, {"id": "a", "body": "{ b }"}],
        },
        ["{ a }"],
    ],
)  # fmt: skip
async def test_a_manifest_of_another_form_is_said(content: Any, tmp_path: Path) -> None:
    """Not read as something else: the operator hears of it at the start."""
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(content), encoding="utf-8")

    with pytest.raises(ConfigurationError, match="trusted documents"):
        read_trusted(path)
