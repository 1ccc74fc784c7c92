"""What a test or a person at the sandbox may turn while the emulator runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

TO_THE_CENT = Decimal("0.01")
TO_FIVE_CENTS = Decimal("0.05")


@dataclass
class Switches:
    """Read at every request, so a change takes effect with the next one."""

    additive: bool = False
    """Put a field nobody knows into every object, words nobody knows on every tenth record, and a code nobody knows on
    every error.
    """
    limit_max: int = 200
    """A larger `limit` is refused with code 2103."""
    page_size: int | None = None
    """Rows in one answer at most, whatever `limit` asks for; the pagination object tells the smaller size."""
    overrides: dict[int, dict[str, object]] = field(default_factory=dict)
    """Id of a record -> fields shown instead of its own, for example a malformed value."""
    replacements: dict[int, object] = field(default_factory=dict)
    """Id of a record -> the value shown instead of the whole object."""
    with_ignored: bool = False
    """Answer lists and records without the optional keys that were asked for."""
    filter_ignored: bool = False
    """Answer lists unfiltered; a public client reports that `{"contact_id": 5}` did not work on invoices."""
    total_step: Decimal = TO_THE_CENT
    """What invoice totals are rounded to; some Swiss accounts round to five cents, which their API does not show."""
    forbidden_scopes: set[str] = field(default_factory=set)
    """Scopes whose resources answer 403, as for a user whose role does not reach them."""
    forbidden_body: bool = True
    """Whether those 403 answers have a body; the real ones may have none."""
    plan_missing: set[str] = field(default_factory=set)
    """Scopes whose resources answer 403 with code 4000, as for a plan without that feature."""
    limits: dict[str, int] = field(default_factory=dict)
    """Scope -> how many documents of its kind the plan allows; a POST beyond answers 402."""
    limit_code: int = 4001
    """Of those 402 answers: 4001 hard, 4002 soft, 4003 total limit."""
    post_refused: bool = False
    """Sending by post answers 403, as on demo accounts."""
    offline: bool = False
    """Everything answers 503 with code 8000."""
    consent_denied: bool = False
    """The authorize page comes back with `access_denied`."""
    refresh_grace_seconds: float = 0.0
    """How long a used refresh token still gives new pairs, as some servers allow; 0 is never, as documented."""
    lapsed: set[str] = field(default_factory=set)
    """Companies (alpine-studio, …) on a plan without the API: all that is theirs answers 403 with code 4000."""
    calls_per_window: int = 1000
    """Calls of one company in a window before 429; the manual's example is 1000 an hour, a public client measured
    360 a minute."""
    window_seconds: int = 3600
