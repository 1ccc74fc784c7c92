"""The check against contracts itself: it must be able to fail."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import yaml
from openapi_spec_validator import validate

from ledgermesh.sandbox.app import makers
from tests.sandbox.contracts import PROVIDERS, Breach, Contract
from tests.sandbox.test_kashoo_contract import unmarked

MOUNT = "http://sandbox/accountsos"
CLOSED = Contract("accountsos", mount=MOUNT, closed=True)
LIMITS = {"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "9", "X-RateLimit-Reset": "1704582000"}
ROW: dict[str, Any] = {
    "id": "txn_1",
    "date": "2025-01-02",
    "description": "Taxi",
    "amount": -45.99,
    "currency": "GBP",
    "category": None,
    "confidence": None,
    "bank_account_id": "ba_main",
}
PAGE = {"total": 1, "limit": 50, "offset": 0, "has_more": False}


def request(path: str, *, method: str = "GET", key: str | None = "Bearer sk_live_1") -> httpx.Request:
    return httpx.Request(method, f"{MOUNT}/api{path}", headers={} if key is None else {"Authorization": key})


def answer(row: dict[str, Any], headers: dict[str, str] | None = None) -> httpx.Response:
    body = {"transactions": [row], "pagination": PAGE}
    return httpx.Response(200, json=body, headers=LIMITS if headers is None else headers)


def test_what_the_contract_says_passes() -> None:
    """A request and an answer within the contract are silent."""
    CLOSED.check(request("/transactions?limit=10&from=2025-01-01"), answer(ROW))


@pytest.mark.parametrize(
    "wrong",
    [
        request("/invoices"),
        request("/transactions", method="POST"),
        request("/transactions?page=2"),
        request("/transactions?limit=ten"),
        request("/transactions?from=1.2.2025"),
        request("/contacts?offset=50"),
        request("/transactions", key=None),
    ],
    ids=["path", "method", "parameter", "number", "date", "no-offset", "no-key"],
)
def test_a_request_outside_the_contract_is_a_breach(wrong: httpx.Request) -> None:
    """Unknown paths, methods and parameters, values of the wrong form and a missing key are refused."""
    with pytest.raises(Breach, match=r"^accountsos: "):
        CLOSED.check_request(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        answer({**ROW, "amount": "-45.99"}),
        answer({**ROW, "date": "soon"}),
        answer({name: value for name, value in ROW.items() if name != "currency"}),
        answer({**ROW, "colour": "red"}),
        answer(ROW, headers={}),
        httpx.Response(201, json={"transactions": [], "pagination": PAGE}, headers=LIMITS),
        httpx.Response(200, text="<html></html>", headers=LIMITS),
    ],
    ids=["type", "format", "missing", "unknown", "header", "status", "html"],
)
def test_an_answer_outside_the_contract_is_a_breach(wrong: httpx.Response) -> None:
    """Wrong types, formats, fields, headers, statuses and content types are refused."""
    with pytest.raises(Breach, match=r"^accountsos: "):
        CLOSED.check_response(request("/transactions"), wrong)


def test_what_was_good_before_excuses_nothing_else() -> None:
    """A good exchange is good again; one that differs in a header, a value or its status is a breach, every time."""
    for _ in range(2):
        CLOSED.check_response(request("/transactions"), answer(ROW))
        for wrong in (answer({**ROW, "amount": "1"}), answer(ROW, headers={}), httpx.Response(201, json=[])):
            with pytest.raises(Breach):
                CLOSED.check_response(request("/transactions"), wrong)
        with pytest.raises(Breach):
            CLOSED.check_request(request("/transactions", key=None))
        CLOSED.check_request(request("/transactions"))


def test_a_breach_names_the_place() -> None:
    """The message says which request, which status and where in the body."""
    with pytest.raises(Breach, match=r"GET http://sandbox/accountsos/api/transactions: answer 200: .*amount"):
        CLOSED.check_response(request("/transactions"), answer({**ROW, "amount": "-45.99"}))


def test_an_open_contract_lets_unknown_fields_pass() -> None:
    """Only a closed check refuses fields that the contract does not name."""
    Contract("accountsos", mount=MOUNT).check_response(
        request("/transactions"), answer({**ROW, "colour": "red"})
    )


def test_every_emulator_has_a_contract() -> None:
    """And every contract an emulator that is held against it."""
    assert sorted(path.stem for path in PROVIDERS.glob("*.yaml")) == list(makers())


@pytest.mark.parametrize("name", makers())
def test_each_contract_is_a_valid_document(name: str) -> None:
    """Each is OpenAPI 3.1 as a plain YAML reader sees it, with an origin on every path, parameter and field."""
    document = yaml.load((PROVIDERS / f"{name}.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert [] == [path for path, item in document["paths"].items() if "x-origin" not in item]
    assert [] == list(unmarked(document, document))
