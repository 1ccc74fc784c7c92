"""Every provider there is; the contract is asked of each."""

from __future__ import annotations

from collections.abc import Mapping

from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.spec.provider import Provider

PROVIDERS: Mapping[str, Provider] = discover(NAMES)
