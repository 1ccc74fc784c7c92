"""What a test or a person at the sandbox may turn while the emulator runs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Switches:
    """Read at every request, so a change takes effect with the next one."""

    page_size_max: int = 30
    """Rows on a page."""
    short_pages: bool = True
    """Every third page has a few rows less, as "generally up to 30" allows; no row is lost."""
    clamp_last_page: bool = False
    """A page past the end shows the last one again, so that reading until a page is empty never ends."""
    dates_ignored: bool = False
    """Lists take no notice of `start` and `end`, as of any parameter they do not know."""
    numeric_strings: bool = False
    """Cents as text."""
    odd_metric_dates: bool = True
    """Every month of a metric ends on a 31st, as in the documentation's example."""
    additive: bool = False
    """Fields, words of enumerations and integrations that nobody knows."""
    overrides: dict[int, dict[str, object]] = field(default_factory=dict)
    """Id of an object -> fields shown instead of its own."""
    replacements: dict[int, object] = field(default_factory=dict)
    """Id of an object -> the value shown instead of the whole object."""
    write_enabled: bool = False
    """Whether the tenants have the feature to write; a key needs the scope api.write as well."""
    limited: bool = True
    """Whether the limit of requests holds."""
    calls_per_second: int = 100
    """For each company."""
    revoked: set[str] = field(default_factory=set)
    """Names of companies, for example alpine-studio, that have stopped sharing their data with the tenant."""
    revoked_keys: set[str] = field(default_factory=set)
    """Names of API keys, for example writer, that the tenant has withdrawn: they answer 401."""
    sync_queued_seconds: float = 1.0
    """How long a push waits before it begins."""
    sync_running_seconds: float = 2.0
    """How long it then takes."""
    failing_sources: set[str] = field(default_factory=set)
    """Integrations that refuse what is pushed to them."""
    webhook_url: str = ""
    """Where webhooks are posted as well; only kept when empty."""
