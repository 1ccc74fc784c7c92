"""Every change that the contract of smallinvoice describes is written, or said why not; and nothing else is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from ledgermesh.spec.inputs import inputs_for
from ledgermesh.spec.write import Compose, Put, Write
from tests.contract.known import PROVIDERS
from tests.sandbox.contracts import read_contract

PROVIDER = PROVIDERS["smallinvoice"]
MODELS = {each.kind: each.fields.model for each in PROVIDER.resources}
ANY = re.compile(r"\{[^}]*\}")
INTERNAL = {"status_raw"}
"""What parts of a composed write carry and no caller gives."""


def operations() -> Iterator[str]:
    """What changes something, as the contract prints it."""
    for path, item in read_contract("smallinvoice")["paths"].items():
        for method in item.keys() & {"post", "put", "patch", "delete"}:
            yield f"{method.upper()} {path}"


def shaped(operation: str) -> str:
    """An operation without the names of its braces."""
    return ANY.sub("{}", operation)


def test_every_operation_is_written_or_named_with_a_reason() -> None:
    """A path that only the contract has, or only the definition, is a mistake in one of them."""
    written = {
        shaped(f"{write.method} {write.path}") for write in PROVIDER.writes if isinstance(write, Write)
    }
    known = {shaped(operation) for operation in operations()}
    left_out = {shaped(operation) for operation in PROVIDER.unwritten}
    assert written | left_out == known
    assert not written & left_out
    assert all(reason.endswith(".") for reason in PROVIDER.unwritten.values())


@pytest.mark.parametrize("write", PROVIDER.writes, ids=lambda write: f"{write.kind}-{write.verb}")
def test_fields_are_those_that_callers_give(write: Write | Compose) -> None:
    """No name of ours that no input has, at any depth."""
    _known(write.puts, inputs_for(MODELS[write.kind], write.verb))


def _known(puts: Any, inputs: Any) -> None:
    for name, put in puts.items():
        if name in INTERNAL and name not in inputs:
            continue
        assert name in inputs, name
        assert isinstance(put, Put)
        if put.parts is not None:
            _known(put.parts, inputs[name].parts)
        if put.kind:
            assert set(put.kind.split("|")) <= set(inputs[name].kinds or put.kind.split("|")), name
