"""schemathesis over the whole schema of a demo; it needs the environment that `test_python` describes."""

from __future__ import annotations

import json

import pytest

from tests.clients.test_python import run
from tests.commands import process
from tests.edge.test_generated import KNOWN
from tests.ports import free_ports

EXAMPLES = 2
"""Of each field of the query and the mutation type."""


@pytest.mark.timeout(240)
def test_schemathesis() -> None:
    """Every field is asked with generated arguments: no failure of ours, answers as the schema says, and errors with
    codes that the README tells what to do about.
    """
    port, sandbox = free_ports(2)
    with process("demo", "--port", str(port), "--sandbox-port", str(sandbox)) as running:
        running.said("Stop with")
        url = f"http://127.0.0.1:{port}/graphql"
        found = json.loads(run("generated.py", url, "lm_demo_write", str(EXAMPLES)))

    assert found["asked"] > 200
    assert found["wrong"] == []
    assert set(found["codes"]) <= KNOWN
