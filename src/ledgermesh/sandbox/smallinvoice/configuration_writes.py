"""Writing bank accounts and exchange rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ledgermesh.sandbox.books import Account
from ledgermesh.sandbox.office_books import CurrencyRate
from ledgermesh.sandbox.smallinvoice.assigning import Home, assign, exact, taken
from ledgermesh.sandbox.smallinvoice.company import Company
from ledgermesh.sandbox.smallinvoice.configuration import BankAccountRow, RateRow
from ledgermesh.sandbox.smallinvoice.fields import (
    Form,
    Values,
    currency,
    filled,
    matching,
    optional,
    positive,
    required,
    switch,
    text,
)
from ledgermesh.sandbox.smallinvoice.store import fresh_id, next_number

_FIRST_ACCOUNT = 1020
_ACCOUNT: Mapping[str, Home] = {
    "description": Home("name"),
    "bank_name": Home("bank_name"),
    "iban": Home("iban"),
}
_RATE: Mapping[str, Home] = {
    "currency_from": Home("currency_from"),
    "currency_to": Home("currency_to"),
    "rate": Home("rate", exact),
}


class BankAccounts:
    """The company's own bank accounts."""

    limited = ""
    form = Form(
        (
            switch("default"),
            required("description", filled),
            optional("bank_name", text),
            optional("number", text),
            required("iban", matching(r"[A-Z]{2}[0-9]{2}[A-Z0-9 ]{8,36}")),
            optional("bic", text),
            optional("post_account", text),
        )
    )

    def create(self, company: Company, values: Values, parent: object) -> int:
        books = company.books
        number = next_number({account.number for account in books.accounts}, _FIRST_ACCOUNT)
        account = Account(number, "", "BANK", books.currency)
        books.accounts.append(account)
        id = company.store.ids.of("bank account", number)
        self._assign(company, id, account, values)
        return id

    def change(self, company: Company, row: BankAccountRow, values: Values) -> None:
        self._assign(company, row.id, row.account, values)

    def remove(self, company: Company, rows: Sequence[BankAccountRow]) -> None:
        """The ledger still has them, because receipts name them."""
        for row in rows:
            row.account.archived = True
        if any(row.default for row in rows):
            self._clear_default(company, company.bank_accounts.select())

    def _assign(self, company: Company, id: int, account: Account, values: Values) -> None:
        rest = assign(account, values, _ACCOUNT)
        if rest.get("default"):
            others = [row for row in company.bank_accounts.select() if row.id != id]
            self._clear_default(company, others)
            for row in others:
                company.store.enter("bank account", row.id, {"default": False})
        company.store.enter("bank account", id, rest)

    @staticmethod
    def _clear_default(company: Company, rows: Iterable[BankAccountRow]) -> None:
        for row in rows:
            company.store.erase("bank account", row.id, ("default",))


class Rates:
    """Exchange rates; there is one for a pair of currencies."""

    limited = ""
    form = Form(
        (required("currency_from", currency), required("currency_to", currency), required("rate", positive))
    )

    def create(self, company: Company, values: Values, parent: object) -> int:
        rates = self._kept(company)
        _check_pair(rates, values["currency_from"], values["currency_to"], None)
        rate = CurrencyRate(
            fresh_id({each.id for each in rates}), "", "", values["rate"], company.store.now()
        )
        assign(rate, values, _RATE)
        rates.append(rate)
        return company.store.ids.of("rate", rate.id)

    def change(self, company: Company, row: RateRow, values: Values) -> None:
        rates, old = self._kept(company), row.record
        pair = (values.get("currency_from", old.currency_from), values.get("currency_to", old.currency_to))
        _check_pair(rates, *pair, old)
        assign(old, values, _RATE)

    def remove(self, company: Company, rows: Sequence[RateRow]) -> None:
        gone = {row.record.id for row in rows}
        rates = self._kept(company)
        rates[:] = [rate for rate in rates if rate.id not in gone]
        for id in gone:
            company.store.forget("rate", id)

    @staticmethod
    def _kept(company: Company) -> list[CurrencyRate]:
        """The rates in the books, which until now may have been those of the papers."""
        office = company.books.office
        if office.exchange_rates is None:
            office.exchange_rates = [row.record for row in company.exchange_rates.select()]
        return office.exchange_rates


def _check_pair(rates: Iterable[CurrencyRate], from_: str, to: str, own: CurrencyRate | None) -> None:
    if any((each.currency_from, each.currency_to) == (from_, to) for each in rates if each is not own):
        raise taken("currency_to")
