"""Accounts in Boss Insights' words."""

from __future__ import annotations

from decimal import Decimal

from ledgermesh.sandbox import ledger
from ledgermesh.sandbox.books import Account, Books
from ledgermesh.sandbox.bossinsights.view import Document, View

KINDS = {
    "BANK": ("Asset", "Bank", "cash"),
    "ACCOUNTS_RECEIVABLE": ("Asset", "AccountsReceivable", "accounts_receivable"),
    "INVENTORY": ("Asset", "Inventory", "inventory"),
    "OTHER_CURRENT_ASSET": ("Asset", "OtherCurrentAsset", "other_current_assets"),
    "FIXED_ASSET": ("Asset", "FixedAsset", "fixed_assets"),
    "CREDIT_CARD": ("Liability", "CreditCard", "credit_cards"),
    "ACCOUNTS_PAYABLE": ("Liability", "AccountsPayable", "accounts_payable"),
    "TAX": ("Liability", "SalesTaxPayable", "taxes_payable"),
    "OTHER_CURRENT_LIABILITY": ("Liability", "OtherCurrentLiability", "other_current_liabilities"),
    "LONG_TERM_LIABILITY": ("Liability", "LongTermLiability", "long_term_debt"),
    "EQUITY": ("Equity", "Equity", "equity"),
    "INCOME": ("Income", "Income", "revenue"),
    "COST_OF_GOODS_SOLD": ("Expense", "CostOfGoodsSold", "cost_of_sales"),
    "EXPENSE": ("Expense", "Expense", "operating_expenses"),
}
"""Type in the books -> type, sub-type, standard account."""


def listed(books: Books) -> list[Account]:
    """Every account that an entry may name, by number; also those that only the ledger needs."""
    return books.index(
        "bossinsights accounts", lambda: sorted(ledger.chart(books).values(), key=lambda row: row.number)
    )


def balances(books: Books) -> dict[str, Decimal]:
    """Debits less credits of every account that ever moved."""
    return books.index("bossinsights balances", lambda: ledger.trial_balance(books))


def account(view: View, row: Account) -> Document:
    """A row of the chart of accounts."""
    kind, sub, mapping = KINDS[row.type]
    stands = balances(view.books).get(row.number, Decimal(0))
    return {
        "accountNumber": row.number,
        "accountName": row.name,
        "accountType": kind,
        "accountSubType": sub,
        "mapping": mapping,
        "balance": view.cents(stands if row.debit_normal else -stands),
        "active": not row.archived,
        "parentId": view.maybe_id("accounts", row.parent),
    }


def bank_account(view: View, row: Account) -> Document:
    """An account that a bank keeps."""
    return {
        "accountName": row.name,
        "institution": row.bank_name,
        "maskedNumber": f"****{row.number[-4:]}",
        "balance": view.cents(balances(view.books).get(row.number, Decimal(0))),
        "accountId": view.id("accounts", row.number),
    }
