"""Closed word lists of the common data model. Each has OTHER or UNKNOWN; the provider's own word stands beside it."""

from __future__ import annotations

from enum import Enum, StrEnum

import strawberry


@strawberry.enum(description="Ascending or descending. Nulls come last either way.")
class Direction(Enum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.enum(description="Which side of a statement an account belongs to.")
class AccountClassification(Enum):
    ASSET = "ASSET"
    LIABILITY = "LIABILITY"
    EQUITY = "EQUITY"
    REVENUE = "REVENUE"
    EXPENSE = "EXPENSE"
    NON_POSTING = "NON_POSTING"
    UNKNOWN = "UNKNOWN"


@strawberry.enum(description="What an account is for.")
class AccountType(Enum):
    BANK = "BANK"
    CREDIT_CARD = "CREDIT_CARD"
    CASH = "CASH"
    ACCOUNTS_RECEIVABLE = "ACCOUNTS_RECEIVABLE"
    INVENTORY = "INVENTORY"
    PREPAYMENT = "PREPAYMENT"
    OTHER_CURRENT_ASSET = "OTHER_CURRENT_ASSET"
    FIXED_ASSET = "FIXED_ASSET"
    ACCUMULATED_DEPRECIATION = "ACCUMULATED_DEPRECIATION"
    INTANGIBLE_ASSET = "INTANGIBLE_ASSET"
    OTHER_NON_CURRENT_ASSET = "OTHER_NON_CURRENT_ASSET"
    ACCOUNTS_PAYABLE = "ACCOUNTS_PAYABLE"
    TAX_LIABILITY = "TAX_LIABILITY"
    PAYROLL_LIABILITY = "PAYROLL_LIABILITY"
    OTHER_CURRENT_LIABILITY = "OTHER_CURRENT_LIABILITY"
    LONG_TERM_LIABILITY = "LONG_TERM_LIABILITY"
    EQUITY = "EQUITY"
    RETAINED_EARNINGS = "RETAINED_EARNINGS"
    REVENUE = "REVENUE"
    OTHER_INCOME = "OTHER_INCOME"
    COST_OF_SALES = "COST_OF_SALES"
    OPERATING_EXPENSE = "OPERATING_EXPENSE"
    DEPRECIATION = "DEPRECIATION"
    INTEREST = "INTEREST"
    INCOME_TAX = "INCOME_TAX"
    OTHER_EXPENSE = "OTHER_EXPENSE"
    NON_POSTING = "NON_POSTING"
    OTHER = "OTHER"


@strawberry.enum(description="The side on which an account grows.")
class Side(Enum):
    DEBIT = "DEBIT"
    CREDIT = "CREDIT"


@strawberry.enum(description="Whether a record is in use.")
class RecordStatus(Enum):
    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    ARCHIVED = "ARCHIVED"
    OTHER = "OTHER"


@strawberry.enum(description="What a party is to the company.")
class PartyRole(Enum):
    CUSTOMER = "CUSTOMER"
    SUPPLIER = "SUPPLIER"
    EMPLOYEE = "EMPLOYEE"
    OTHER = "OTHER"


@strawberry.enum(description="What an item is.")
class ItemKind(Enum):
    INVENTORY = "INVENTORY"
    NON_INVENTORY = "NON_INVENTORY"
    SERVICE = "SERVICE"
    BUNDLE = "BUNDLE"
    OTHER = "OTHER"


@strawberry.enum(description="Where an invoice or a bill stands. Overdue is not a status: see `isOverdue`.")
class DocumentStatus(Enum):
    DRAFT = "DRAFT"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    OPEN = "OPEN"
    PARTIALLY_PAID = "PARTIALLY_PAID"
    PAID = "PAID"
    VOID = "VOID"
    WRITTEN_OFF = "WRITTEN_OFF"
    OTHER = "OTHER"


@strawberry.enum(description="Whether the prices of a document hold tax already.")
class TaxMode(Enum):
    EXCLUSIVE = "EXCLUSIVE"
    INCLUSIVE = "INCLUSIVE"
    NONE = "NONE"
    UNKNOWN = "UNKNOWN"


@strawberry.enum(description="What a line of a document is.")
class LineKind(Enum):
    ITEM = "ITEM"
    ACCOUNT = "ACCOUNT"
    DISCOUNT = "DISCOUNT"
    SUBTOTAL = "SUBTOTAL"
    TEXT = "TEXT"
    SHIPPING = "SHIPPING"
    OTHER = "OTHER"


@strawberry.enum(description="What a payment is. Only PAYMENT, PREPAYMENT and OVERPAYMENT move money.")
class PaymentKind(Enum):
    PAYMENT = "PAYMENT"
    PREPAYMENT = "PREPAYMENT"
    OVERPAYMENT = "OVERPAYMENT"
    REFUND = "REFUND"
    CASH_DISCOUNT = "CASH_DISCOUNT"
    ROUNDING = "ROUNDING"
    WRITE_OFF = "WRITE_OFF"
    OTHER = "OTHER"


@strawberry.enum(description="How money was moved.")
class PaymentMethod(Enum):
    CASH = "CASH"
    CHECK = "CHECK"
    CARD = "CARD"
    BANK_TRANSFER = "BANK_TRANSFER"
    DIRECT_DEBIT = "DIRECT_DEBIT"
    ONLINE = "ONLINE"
    OTHER = "OTHER"


@strawberry.enum(description="What an uploaded document is.")
class DocumentKind(Enum):
    RECEIPT = "RECEIPT"
    INVOICE = "INVOICE"
    CONTRACT = "CONTRACT"
    BANK_STATEMENT = "BANK_STATEMENT"
    OTHER = "OTHER"


@strawberry.enum(description="How far the provider is with an uploaded document.")
class ProcessingStatus(Enum):
    PENDING = "PENDING"
    PROCESSED = "PROCESSED"
    ERROR = "ERROR"
    OTHER = "OTHER"


@strawberry.enum(description="What has to be handed in.")
class DeadlineKind(Enum):
    VAT_RETURN = "VAT_RETURN"
    CORPORATION_TAX = "CORPORATION_TAX"
    CONFIRMATION_STATEMENT = "CONFIRMATION_STATEMENT"
    ANNUAL_ACCOUNTS = "ANNUAL_ACCOUNTS"
    SELF_ASSESSMENT = "SELF_ASSESSMENT"
    PAYROLL = "PAYROLL"
    OTHER = "OTHER"


@strawberry.enum(description="Where a deadline stands.")
class DeadlineStatus(Enum):
    PENDING = "PENDING"
    OVERDUE = "OVERDUE"
    COMPLETED = "COMPLETED"
    OTHER = "OTHER"


@strawberry.enum(description="What kind of bank account it is.")
class BankAccountKind(Enum):
    CHECKING = "CHECKING"
    SAVINGS = "SAVINGS"
    CARD = "CARD"
    LOAN = "LOAN"
    WALLET = "WALLET"
    OTHER = "OTHER"


@strawberry.enum(description="Whether the record is the provider's own or was made from other answers of it.")
class OriginKind(Enum):
    NATIVE = "NATIVE"
    DERIVED = "DERIVED"


@strawberry.enum(description="Which statement a report is.")
class ReportKind(Enum):
    PROFIT_AND_LOSS = "PROFIT_AND_LOSS"
    BALANCE_SHEET = "BALANCE_SHEET"
    TAX_SUMMARY = "TAX_SUMMARY"
    TRIAL_BALANCE = "TRIAL_BALANCE"
    METRICS = "METRICS"


@strawberry.enum(description="How a document is sent.")
class SendChannel(StrEnum):
    EMAIL = "EMAIL"
    POST = "POST"
