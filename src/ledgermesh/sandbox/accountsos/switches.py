"""What a test or a person at the sandbox may turn while the emulator runs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Switches:
    """Read at every request, so a change takes effect with the next one."""

    page_size_max: int = 100
    """Rows in one answer at most; a larger `limit` is cut down to it. Assumed: the quickstart states no maximum."""
    additive: bool = False
    """Put a field nobody knows into every object, and words nobody knows into types, statuses and error codes."""
    wrapped: bool = True
    """The form of single objects: `{"transaction": {…}}` and bare reports; else it is the other way round."""
    window_ignored: bool = False
    """Answer `from` and `to` of transactions as if they were not there."""
    overrides: dict[str, dict[str, object]] = field(default_factory=dict)
    """Id of an object -> fields shown instead of its own."""
    replacements: dict[str, object] = field(default_factory=dict)
    """Id of an object -> the value shown instead of the whole object."""
    body_bytes_max: int = 10 * 1024 * 1024
    """A larger body answers 413. The quickstart says 10 MB; that the real one counts in powers of two is assumed."""
    processing_seconds: int = 60
    """How long an uploaded document is pending; assumed."""
    limited: bool = True
    """Whether the two limits hold."""
    calls_per_hour: int = 1000
    calls_per_minute: int = 100
    awkward_burst: bool = False
    """After a burst, name the end of the hour as the reset and not the end of the minute."""
    revoked: set[str] = field(default_factory=set)
    """Account keys of companies whose API keys are refused."""
    forbidden: set[str] = field(default_factory=set)
    """Account keys of companies whose API keys have lost their scopes."""
