"""The one currency that amounts are compared in where a query names none."""

from __future__ import annotations

from collections.abc import Mapping

from ledgermesh.errors import CurrencyRequired
from ledgermesh.model.money import Money


class Currencies:
    """The currency met so far for each money field that is compared or ordered without one.

    Part of the cursor, so that a second currency is found even when each page by itself shows only one. An amount
    whose currency the source does not say is taken to be of the currency met.
    """

    def __init__(self, seen: Mapping[str, str] | None = None) -> None:
        self._seen = dict(seen or {})

    @property
    def seen(self) -> dict[str, str]:
        """Field → ISO code."""
        return dict(self._seen)

    def see(self, field: str, money: Money) -> None:
        """Take note of an amount that is about to be compared; raises CurrencyRequired at the second currency."""
        if money.currency is not None:
            self.join({field: money.currency})

    def join(self, seen: Mapping[str, str]) -> None:
        """Take note of what another reading has seen; raises CurrencyRequired."""
        for field, code in seen.items():
            known = self._seen.setdefault(field, code)
            if known != code:
                raise CurrencyRequired(
                    f"{field} holds amounts in {known} and in {code}, which cannot be compared",
                    details={"field": field, "currencies": sorted({known, code})},
                )
