"""Who changed what: one line of the log for each administrative change and each write. Ids, never values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from ledgermesh.errors import LedgermeshError

ID_CHARACTERS_MAX = 100
"""Of an id as a caller gave it; whoever sends more does not fill the log."""


@contextmanager
def audited(
    action: str, *, by_tenant: str, by_key_id: str, environment: str, **about: str | None
) -> Iterator[None]:
    """Log the change that is made in the block, with its outcome: `done`, or the code of the error."""
    ids = {name: id[:ID_CHARACTERS_MAX] for name, id in about.items() if id is not None}
    outcome = "INTERNAL"
    try:
        yield
        outcome = "done"
    except LedgermeshError as error:
        outcome = error.code
        raise
    finally:
        structlog.get_logger("ledgermesh.audit").info(
            "administrative change",
            action=action,
            by_tenant=by_tenant,
            by_key_id=by_key_id,
            environment=environment,
            outcome=outcome,
            **ids,
        )


def wrote(outcome: str, *, by_tenant: str, by_key_id: str, environment: str, **about: str | None) -> None:
    """Log what became of one write."""
    ids = {name: id[:ID_CHARACTERS_MAX] for name, id in about.items() if id}
    structlog.get_logger("ledgermesh.audit").info(
        "write", outcome=outcome, by_tenant=by_tenant, by_key_id=by_key_id, environment=environment, **ids
    )
