"""What a test or a person at the sandbox may turn while the emulator runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

DateStyle = Literal["object", "string"]
InstantStyle = Literal["iso", "epoch"]
ErrorStyle = Literal["json", "text", "html"]


@dataclass
class Switches:
    """Read at every request, so a change takes effect with the next one."""

    date_style: DateStyle = "object"
    """Form of dates without a time in answers: the published eleven-key object, or `YYYY-MM-DD`."""
    instant_style: InstantStyle = "iso"
    """Form of `creation` and `lastModified` on records: ISO 8601 text, or milliseconds since 1970."""
    page_size_max: int = 100
    """Rows in one answer at most; a larger `limit` is cut down to it. Accounts are not paged."""
    additive: bool = False
    """Put a field nobody knows into every object of every answer, and words nobody knows into some."""
    overrides: dict[int, dict[str, object]] = field(default_factory=dict)
    """Id of a record, contact, account or item -> fields shown instead of its own."""
    replacements: dict[int, object] = field(default_factory=dict)
    """Id of a record, contact, account or item -> the value shown instead of the whole object."""
    list_removed: bool = False
    """Show removed contacts, accounts and items in their lists; the record lists have `includeRemoved` for it."""
    rotate_refresh_tokens: bool = False
    """Give a new refresh token with every refresh and refuse the old one from then on."""
    mfa_users: set[str] = field(default_factory=set)
    """E-mail addresses whose login needs a code sent by text message."""
    lapsed_businesses: set[int] = field(default_factory=set)
    """Ids of businesses without a running subscription: everything below them answers 402."""
    calls_per_window: int | None = None
    """Calls of one user in a window before 429 is answered; None is no limit, as far as is known of the real one."""
    window_seconds: int = 60
    slow_batch_seconds: float = 0.0
    """How long the batch of records takes for each record."""
    error_style: ErrorStyle = "json"
    """Form of error bodies below `/api`."""
