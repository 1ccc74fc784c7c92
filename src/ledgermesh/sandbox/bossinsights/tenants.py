"""Tenants, the companies whose data they may see, and API keys."""

from __future__ import annotations

import datetime as dt
import hmac
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ledgermesh.sandbox.books import Books
from ledgermesh.sandbox.bossinsights.ids import letters, secret_key, uniqid
from ledgermesh.sandbox.bossinsights.origins import BANKING, TYPES
from ledgermesh.sandbox.world import chart
from ledgermesh.sandbox.world.aggregated_books import all_accounts

ROOT_DOMAIN = "localhost"
SANDBOX, PRODUCTION = "mycompany-sandbox", "mycompany"
ADMIN_HOST = "admin"
RESERVED = frozenset((SANDBOX, PRODUCTION, ADMIN_HOST, "api", "app", "www"))
READ, WRITE, ADMIN = "api.read", "api.write", "admin"
SUBDOMAIN = re.compile(r"[a-z0-9-]{1,50}")


@dataclass
class Connection:
    """An app that a company has connected."""

    integration: str
    created: dt.datetime
    status: str = "connected"
    """connected | lost"""

    @property
    def type(self) -> str:
        """One of accounting, commerce, banking, payroll."""
        return TYPES.get(self.integration, "accounting")


@dataclass
class Company:
    """A company's account at Boss Insights."""

    key: str
    """What X_ACCOUNT_KEY says."""
    name: str
    subdomain: str
    books: Books
    password: str
    """Of `admin` on the company's own host; empty forbids it."""
    email: str
    created: dt.datetime
    kind: str = "standard"
    active: bool = True
    shares: bool = True
    connections: list[Connection] = field(default_factory=list)

    def connected(self) -> list[Connection]:
        """The apps that are connected now."""
        return [each for each in self.connections if each.status == "connected"]


@dataclass
class ApiKey:
    """A key of a tenant; `name` is the user name it goes with."""

    id: int
    name: str
    secret: str
    scopes: frozenset[str]
    created: dt.datetime
    active: bool = True

    def opens(self, user: str, password: str) -> bool:
        """Either user and key, or a key of the newer form as the user with an empty password."""
        newer = self.secret.startswith("sk_") and password == "" and _same(user, self.secret)
        return self.active and (newer or (user == self.name and _same(password, self.secret)))


@dataclass
class Tenant:
    """Who has bought Boss Insights, in one environment."""

    environment: str
    """sandbox | production"""
    subdomain: str
    key: str
    """What the header Account-Key says."""
    own: Company
    """Its own account, shown where no other is named."""
    keys: list[ApiKey]
    admin: tuple[str, str]
    """User and password of the one person in the admins group."""
    companies: dict[str, Company] = field(default_factory=dict)
    """By account key."""
    allowed_urls: list[tuple[str, str]] = field(default_factory=list)
    """Address and environment, where the connection page may be embedded."""

    def key_for(self, user: str, password: str) -> ApiKey | None:
        """The key these credentials are."""
        return next((key for key in self.keys if key.opens(user, password)), None)

    def administers(self, user: str, password: str, revoked_keys: Collection[str] = ()) -> bool:
        """Whether these credentials open the administration API."""
        if user == self.admin[0] and _same(password, self.admin[1]):
            return True
        key = self.key_for(user, password)
        return key is not None and ADMIN in key.scopes and key.name not in revoked_keys


class Directory:
    """Both tenants, and everybody by host."""

    def __init__(self, shelf: Iterable[Books], opened: dt.datetime) -> None:
        self.tenants = {name: _tenant(name, opened) for name in (SANDBOX, PRODUCTION)}
        for books in shelf:
            self.add(self.tenants[SANDBOX], company_of(books, opened))

    def add(self, tenant: Tenant, company: Company) -> None:
        """Let the tenant see the company."""
        tenant.companies[company.key] = company

    def company(self, subdomain: str) -> Company | None:
        """Whose own host this is."""
        rows = (row for tenant in self.tenants.values() for row in tenant.companies.values())
        return next((row for row in rows if row.subdomain == subdomain), None)

    def taken(self, subdomain: str) -> bool:
        """Whether a new account cannot have it."""
        return subdomain in RESERVED or self.company(subdomain) is not None

    def tenant_with(self, key: str) -> Tenant | None:
        """The tenant whose Account-Key this is."""
        return next((row for row in self.tenants.values() if _same(key, row.key)), None)


def company_of(books: Books, opened: dt.datetime) -> Company:
    """The account of a company of the sandbox's world."""
    return Company(
        key=uniqid("account", books.company),
        name=books.name,
        subdomain=books.company,
        books=books,
        password=letters(12, "password", books.company),
        email=f"owner@{books.company}.example.com",
        created=opened,
        connections=[Connection(name, opened) for name in TYPES if name != "kashoo"],
    )


def empty_books(name: str, title: str) -> Books:
    """Books of a new account: a chart of accounts and the sales taxes, and nothing on them."""
    books = Books(name, "bossinsights", title, title, "CAD", "CA")
    books.accounts = all_accounts(books.currency)
    books.taxes = chart.taxes(dt.date(2020, 1, 1), dt.date(2025, 4, 1))
    return books


def new_connections(opened: dt.datetime) -> list[Connection]:
    """A new company has connected its bank and nothing else."""
    return [Connection(BANKING, opened)]


def _tenant(name: str, opened: dt.datetime) -> Tenant:
    return Tenant(
        environment="sandbox" if name == SANDBOX else "production",
        subdomain=name,
        key=uniqid("tenant", name),
        own=Company(uniqid("own", name), name, name, empty_books(name, name), "", "", opened),
        keys=[
            ApiKey(1, "reader", letters(32, name, "reader"), frozenset((READ,)), opened),
            ApiKey(2, "writer", letters(32, name, "writer"), frozenset((READ, WRITE)), opened),
            ApiKey(3, "reader-sk", secret_key(name, "reader"), frozenset((READ,)), opened),
            ApiKey(4, "writer-sk", secret_key(name, "writer"), frozenset((READ, WRITE)), opened),
            ApiKey(5, "admin-sk", secret_key(name, "admin"), frozenset((ADMIN,)), opened),
        ],
        admin=("administrator", letters(16, name, "administrator")),
    )


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
