"""Trial balances, balance sheets and income statements, one for each month, and the key figures over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal

from msgspec import Struct

from ledgermesh.sandbox import ledger
from ledgermesh.sandbox.bossinsights.charts import KINDS
from ledgermesh.sandbox.bossinsights.months import ASSETS, EXPENSES, Month
from ledgermesh.sandbox.bossinsights.view import Document, View, day, last_second

_CENT, _RATIO = Decimal("0.01"), Decimal("0.0001")
_CURRENT = ("BANK", "ACCOUNTS_RECEIVABLE", "INVENTORY", "OTHER_CURRENT_ASSET")
_CURRENT_DEBT = ("CREDIT_CARD", "ACCOUNTS_PAYABLE", "TAX", "OTHER_CURRENT_LIABILITY")
_DEBT = (*_CURRENT_DEBT, "LONG_TERM_LIABILITY")


def trial_balance(view: View, month: Month) -> Document:
    """What stood on each account at the end of the month; debits equal credits. In cents."""
    accounts, zero = ledger.chart(view.books), Decimal(0)
    return {
        "date": day(month.last),
        "lines": [
            {
                "accountId": view.id("accounts", number),
                "accountNumber": number,
                "accountName": accounts[number].name,
                "debit": view.cents(max(amount, zero)),
                "credit": view.cents(max(-amount, zero)),
            }
            for number, amount in sorted(month.standing.items())
            if amount
        ],
    }


def balance_sheet(view: View, month: Month) -> Document:
    """What was owned and owed at the end of the month."""
    standing = {number: amount for number, amount in month.standing.items() if amount}
    earned = -month.standing_of("INCOME", *EXPENSES)
    details = [*_details(view, standing, ASSETS, 1), *_details(view, standing, (*_DEBT, "EQUITY"), -1)]
    details.append({"id": None, "name": "Current earnings", "mapping": "earnings", "value": _money(earned)})
    totals = {
        "assets": _money(month.assets),
        "liabilities": _money(month.liabilities),
        "equity": _money(month.equity),
    }
    return {
        "asOf": day(month.last),
        "hasCompleteData": month.last <= view.today,
        "periods": [_period(month, details, totals)],
        "debt_asset_ratio": debt_asset_ratio(month),
        "cash_ebitda": _money(month.income - month.expenses + _wear(month)),
        "current_ratio": current_ratio(month),
    }


def income_statement(view: View, month: Month, year_before: Month | None) -> Document:
    """What was earned and spent in the month."""
    moved = {number: amount for number, amount in month.moved.items() if amount}
    details = [*_details(view, moved, ("INCOME",), -1), *_details(view, moved, EXPENSES, 1)]
    totals = {
        "income": _money(month.income),
        "expenses": _money(month.expenses),
        "profit": _money(month.income - month.expenses),
    }
    return {
        "start": day(month.first),
        "end": last_second(month.last),
        "hasCompleteData": month.last <= view.today,
        "periods": [_period(month, details, totals)],
        "yoy_sales_growth": growth(month, year_before),
        "metrics": {"dscr": None},
    }


def _period(month: Month, details: list[Document], totals: Mapping[str, object]) -> Document:
    return {
        "start": day(month.first),
        "end": last_second(month.last),
        "details": details,
        "totals": totals,
    }


def _details(
    view: View, amounts: Mapping[str, Decimal], types: Iterable[str], sign: int
) -> Iterator[Document]:
    accounts, wanted = ledger.chart(view.books), frozenset(types)
    for number, amount in sorted(amounts.items()):
        if accounts[number].type in wanted:
            yield {
                "id": view.id("accounts", number),
                "name": accounts[number].name,
                "mapping": KINDS[accounts[number].type][2],
                "value": _money(sign * amount),
            }


# -- key figures ----------------------------------------------------------------------------------------------------


class Figure(Struct, frozen=True):
    """One key figure: of a month and the same month of the year before."""

    key: str
    label: str
    format: str
    of: Callable[[Month, Month | None], Decimal | None]
    description: str


def current_ratio(month: Month, _: Month | None = None) -> Decimal | None:
    """Current assets over current debts."""
    return _over(month.standing_of(*_CURRENT), -month.standing_of(*_CURRENT_DEBT))


def debt_asset_ratio(month: Month, _: Month | None = None) -> Decimal | None:
    """All debts over all assets."""
    return _over(month.liabilities, month.assets)


def growth(month: Month, before: Month | None) -> Decimal | None:
    """Sales of the month over those of the same month a year before, less one."""
    if before is None:
        return None
    return _over(month.income - before.income, before.income)


def _coverage(month: Month, _: Month | None) -> Decimal | None:
    """Profit before rent over rent."""
    rent = month.moved.get("6010", Decimal(0))
    return _over(month.income - month.expenses + rent, rent)


def _wear(month: Month) -> Decimal:
    return month.moved.get("6800", Decimal(0))


def _gross(month: Month, _: Month | None) -> Decimal:
    return _money(month.income)


def _net(month: Month, _: Month | None) -> Decimal:
    return _money(month.income - month.expenses)


def _working_capital(month: Month, _: Month | None) -> Decimal:
    return _money(month.standing_of(*_CURRENT) + month.standing_of(*_CURRENT_DEBT))


def _worth(month: Month, _: Month | None) -> Decimal:
    return _money(month.equity)


MONEY, RATIO, PERCENT = "#,##0.00", "0.00", "0.0%"
FIGURES = (
    Figure("gross_income", "Gross income", MONEY, _gross, "Income of the month before any cost."),
    Figure("net_income", "Net income", MONEY, _net, "Income less expenses of the month."),
    Figure(
        "current_ratio", "Current ratio", RATIO, current_ratio, "Current assets over current liabilities."
    ),
    Figure("debt_asset_ratio", "Debt to asset ratio", RATIO, debt_asset_ratio, "Liabilities over assets."),
    Figure(
        "working_capital",
        "Working capital",
        MONEY,
        _working_capital,
        "Current assets less current liabilities.",
    ),
    Figure("tangible_net_worth", "Tangible net worth", MONEY, _worth, "Assets less liabilities."),
    Figure("yoy_sales_growth", "Sales growth", PERCENT, growth, "Against the same month a year before."),
    Figure(
        "fixed_charge_coverage_ratio",
        "Fixed charge coverage",
        RATIO,
        _coverage,
        "Profit before rent over rent.",
    ),
)


def series(found: list[Month], figure: Figure) -> dict[str, Decimal]:
    """The figure by month, for example 2025-04; months without one are left out."""
    by_key = {month.key: month for month in found}
    values = {month.key: figure.of(month, by_key.get(year_before(month))) for month in found}
    return {key: value for key, value in values.items() if value is not None}


def year_before(month: Month) -> str:
    """The key of the same month a year before."""
    return f"{month.first.year - 1}-{month.first:%m}"


def _money(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _over(part: Decimal, whole: Decimal) -> Decimal | None:
    return None if not whole else (part / whole).quantize(_RATIO, ROUND_HALF_UP)
