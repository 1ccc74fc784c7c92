"""The chart of accounts and the sales taxes of a full set of books."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from ledgermesh.sandbox import ledger
from ledgermesh.sandbox.books import Account, Tax

CHEQUING, SAVINGS, DOLLARS, CARD = "1010", "1020", "1030", "2100"
EQUIPMENT, DEPRECIATION, ACCRUED, CAPITAL = "1510", "1590", "2300", "3000"
GOODS, SERVICES, COST_OF_GOODS = "4010", "4020", "5010"
UTILITIES, WAGES, WEAR = "6020", "6100", "6800"
SPENDING = (COST_OF_GOODS, "5020", "6010", UTILITIES, "6030", "6040", "6050", "6060", "6070", "6080")
"""What bills are booked to."""

_ROWS = (
    ("1000", "Bank accounts", "BANK", None),
    (CHEQUING, "Chequing account", "BANK", "1000"),
    (SAVINGS, "Savings account", "BANK", "1000"),
    (DOLLARS, "US dollar account", "BANK", "1000"),
    ("1090", "Petty cash", "BANK", None),
    (ledger.RECEIVABLE, "Accounts receivable", "ACCOUNTS_RECEIVABLE", None),
    ("1300", "Inventory", "INVENTORY", None),
    ("1400", "Prepaid expenses", "OTHER_CURRENT_ASSET", None),
    ("1500", "Fixed assets", "FIXED_ASSET", None),
    (EQUIPMENT, "Equipment", "FIXED_ASSET", "1500"),
    (DEPRECIATION, "Accumulated depreciation", "FIXED_ASSET", "1500"),
    (ledger.PAYABLE, "Accounts payable", "ACCOUNTS_PAYABLE", None),
    (CARD, "Company credit card", "CREDIT_CARD", None),
    (ledger.SALES_TAX, "Sales tax", "TAX", None),
    (ACCRUED, "Accrued liabilities", "OTHER_CURRENT_LIABILITY", None),
    ("2400", "Customer deposits", "OTHER_CURRENT_LIABILITY", None),
    ("2700", "Bank loan", "LONG_TERM_LIABILITY", None),
    (CAPITAL, "Share capital", "EQUITY", None),
    ("3100", "Retained earnings", "EQUITY", None),
    ("3200", "Owner's drawings", "EQUITY", None),
    (ledger.SALES, "Sales", "INCOME", None),
    (GOODS, "Product sales", "INCOME", ledger.SALES),
    (SERVICES, "Service income", "INCOME", ledger.SALES),
    (ledger.DISCOUNT_GIVEN, "Discounts given", "INCOME", None),
    ("4950", "Interest income", "INCOME", None),
    ("5000", "Cost of sales", "COST_OF_GOODS_SOLD", None),
    (COST_OF_GOODS, "Cost of goods sold", "COST_OF_GOODS_SOLD", "5000"),
    ("5020", "Freight and duty", "COST_OF_GOODS_SOLD", "5000"),
    (ledger.DISCOUNT_TAKEN, "Purchase discounts", "EXPENSE", None),
    ("6000", "Operating expenses", "EXPENSE", None),
    ("6010", "Rent", "EXPENSE", "6000"),
    (UTILITIES, "Utilities", "EXPENSE", "6000"),
    ("6030", "Office supplies", "EXPENSE", "6000"),
    ("6040", "Telephone and internet", "EXPENSE", "6000"),
    ("6050", "Insurance", "EXPENSE", "6000"),
    ("6060", "Repairs and maintenance", "EXPENSE", "6000"),
    ("6070", "Advertising", "EXPENSE", "6000"),
    ("6080", "Professional fees", "EXPENSE", "6000"),
    ("6090", "Fax line", "EXPENSE", "6000"),
    (WAGES, "Wages and salaries", "EXPENSE", None),
    (WEAR, "Depreciation", "EXPENSE", None),
    (ledger.DIFFERENCES, "Exchange and rounding differences", "EXPENSE", None),
    (ledger.SUSPENSE, "Suspense", "OTHER_CURRENT_LIABILITY", None),
)
_ARCHIVED = frozenset(("6090",))

_REGIONS = {"ON": "HST 13%", "NS": "HST NS", "BC": "GST/PST BC"}
PURCHASE_TAX, ZERO_RATED = "GST 5%", "Zero-rated"


def accounts(currency: str) -> list[Account]:
    """The whole chart, in the order of the numbers."""
    return [
        Account(
            number=number,
            name=name,
            type=type,
            currency="USD" if number == DOLLARS else currency,
            description=f"{name} of the business" if type in ("BANK", "FIXED_ASSET") else "",
            parent=parent,
            archived=number in _ARCHIVED,
            bank_name="First Example Bank" if parent == "1000" else None,
        )
        for number, name, type, parent in _ROWS
    ]


def taxes(start: dt.date, changed: dt.date) -> list[Tax]:
    """Canadian sales taxes; the rate of `HST NS` fell on the day `changed`."""
    return [
        Tax("GST 5%", Decimal(5), "Goods and services tax", start),
        Tax("HST 13%", Decimal(13), "Harmonized sales tax, Ontario", start),
        Tax(
            "HST NS", Decimal(15), "Harmonized sales tax, Nova Scotia", start, changed - dt.timedelta(days=1)
        ),
        Tax("HST NS", Decimal(14), "Harmonized sales tax, Nova Scotia", changed),
        Tax(
            "GST/PST BC",
            Decimal(12),
            "Goods and services tax with provincial sales tax, British Columbia",
            start,
        ),
        Tax("PST SK 6%", Decimal(6), "Provincial sales tax, Saskatchewan", start),
        Tax(ZERO_RATED, Decimal(0), "Basic groceries and exports", start),
    ]


def tax_of(country: str, region: str | None) -> str | None:
    """The tax that a customer there is charged; none abroad."""
    return _REGIONS.get(region or "", PURCHASE_TAX) if country == "CA" else None
