"""The administration API: one URL, told apart by method and `action`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from starlette.requests import Request

from ledgermesh.clock import Clock
from ledgermesh.sandbox.bossinsights.body import Body, read_body
from ledgermesh.sandbox.bossinsights.door import login
from ledgermesh.sandbox.bossinsights.embedding import Embedding
from ledgermesh.sandbox.bossinsights.errors import Refusal, invalid, unauthorized
from ledgermesh.sandbox.bossinsights.ids import secret_key, uniqid
from ledgermesh.sandbox.bossinsights.limits import Limits
from ledgermesh.sandbox.bossinsights.switches import Switches
from ledgermesh.sandbox.bossinsights.tenants import (
    READ,
    ROOT_DOMAIN,
    SUBDOMAIN,
    ApiKey,
    Company,
    Directory,
    Tenant,
    empty_books,
    new_connections,
)
from ledgermesh.sandbox.bossinsights.view import Document, instant
from ledgermesh.sandbox.bossinsights.webhooks import Webhooks

ENVIRONMENTS = ("sandbox", "production")
_FLAGS = {"0": False, "1": True}
_REQUIRED = ("name", "active", "email_admin", "password", "subdomain", "type")


class Admin:
    """What one tenant's administrators can ask and change."""

    def __init__(
        self,
        directory: Directory,
        embedding: Embedding,
        webhooks: Webhooks,
        limits: Limits,
        *,
        clock: Clock,
        switches: Switches,
    ) -> None:
        self._directory, self._embedding, self._webhooks = directory, embedding, webhooks
        self._limits, self._clock, self._switches = limits, clock, switches
        self._questions: Mapping[str, Callable[[Tenant, Mapping[str, str]], Document]] = {
            "embed_token": self._embed_token,
            "connection_health": self._health,
            "list_api_keys": self._list_keys,
        }
        self._commands: Mapping[str, Callable[[Tenant, Body], Document]] = {
            "list_accounts": self._list_accounts,
            "update_account": self._update_account,
            "disconnect": self._disconnect,
            "allow_url": self._allow_url,
            "create_api_key": self._create_key,
            "update_api_key": self._update_key,
        }

    async def answer(self, request: Request) -> Document:
        """The body of the answer; raises Refusal."""
        tenant = self._tenant(request)
        self._limits.count(tenant.key)
        if request.method == "GET":
            action = request.query_params.get("action", "")
            if action not in self._questions:
                raise invalid(("action", f"is one of {', '.join(self._questions)}"))
            return self._questions[action](tenant, request.query_params)
        if request.method != "POST":
            raise Refusal(405, f"{request.method} is not allowed here", headers={"Allow": "GET, POST"})
        body = read_body(await request.body())
        if "action" not in body:
            return self._create_account(tenant, body)
        command = self._commands.get(body.text("action") or "")
        if command is None:
            raise invalid(("action", f"is one of {', '.join(self._commands)}, or absent"))
        return command(tenant, body)

    def _tenant(self, request: Request) -> Tenant:
        user, password = login(request)
        tenant = self._directory.tenant_with(request.headers.get("account-key", ""))
        if tenant is None or not tenant.administers(user, password, self._switches.revoked_keys):
            raise unauthorized()
        return tenant

    # -- questions -------------------------------------------------------------------------------------------------

    def _embed_token(self, tenant: Tenant, asked: Mapping[str, str]) -> Document:
        company = tenant.own if "account_key" not in asked else _company(tenant, asked["account_key"])
        return {"token": self._embedding.token(company)}

    def _health(self, tenant: Tenant, asked: Mapping[str, str]) -> Document:
        rows = list(tenant.companies.values())
        if "account_key" in asked:
            rows = [_company(tenant, asked["account_key"])]
        now = self._clock.now()
        shown = [
            {
                "account_key": company.key,
                "integration": each.integration,
                "type": each.type,
                "status": each.status,
                "created": instant(each.created),
                "last_sync": instant(now.replace(minute=0, second=0)),
            }
            for company in rows
            for each in company.connections
        ]
        return {"connections": shown}

    def _list_keys(self, tenant: Tenant, asked: Mapping[str, str]) -> Document:
        return {"api_keys": [_key_row(key) for key in tenant.keys]}

    # -- accounts --------------------------------------------------------------------------------------------------

    def _create_account(self, tenant: Tenant, body: Body) -> Document:
        for field in _REQUIRED:
            if field not in body:
                body.fail(field, "is required")
        name, subdomain = body.filled("name"), (body.filled("subdomain") or "").casefold()
        if "subdomain" in body and not SUBDOMAIN.fullmatch(subdomain):
            body.fail("subdomain", "is at most 50 letters, digits and dashes")
        kind = body.word("type", ("standard", "reseller"))
        environment = body.word("environment", ENVIRONMENTS)
        if environment not in (None, tenant.environment):
            body.fail("environment", f"is another tenant's; this one is {tenant.environment}")
        active, shares = _flag(body, "active"), _flag(body, "datashare")
        email, password = body.filled("email_admin"), body.text("password")
        body.check()
        if self._directory.taken(subdomain):
            raise Refusal(409, f"The subdomain {subdomain} is taken")
        now = self._clock.now()
        company = Company(
            key=uniqid("account", subdomain, now.isoformat()),
            name=name or "",
            subdomain=subdomain,
            books=empty_books(subdomain, name or ""),
            password=password or "",
            email=email or "",
            created=now,
            kind=kind or "standard",
            active=active is not False,
            shares=shares is not False,
            connections=new_connections(now),
        )
        self._directory.add(tenant, company)
        self._webhooks.tell("connection.created", company.key, integration=company.connections[0].integration)
        host = f"{subdomain}.{ROOT_DOMAIN}"
        return {
            "account_domain": host,
            "subdomain": subdomain,
            "account_key": company.key,
            "admin_url": f"https://{host}/app/",
        }

    def _list_accounts(self, tenant: Tenant, body: Body) -> Document:
        return {"accounts": [_account_row(tenant, row) for row in tenant.companies.values()]}

    def _update_account(self, tenant: Tenant, body: Body) -> Document:
        company = _company(tenant, body.text("account_key"))
        active, shares = _flag(body, "active"), _flag(body, "datashare")
        name, email, password = body.filled("name"), body.filled("email_admin"), body.text("password")
        body.check()
        company.name, company.email = name or company.name, email or company.email
        company.active = company.active if active is None else active
        company.shares = company.shares if shares is None else shares
        company.password = company.password if password is None else password
        return _DONE

    def _disconnect(self, tenant: Tenant, body: Body) -> Document:
        company, name = _company(tenant, body.text("account_key")), body.filled("integration")
        found = next((each for each in company.connected() if each.integration == name), None)
        if found is None:
            raise Refusal(404, "This account has not connected that app")
        found.status = "lost"
        self._webhooks.tell("connection.lost", company.key, integration=name)
        return _DONE

    def _allow_url(self, tenant: Tenant, body: Body) -> Document:
        body.need("url", "environment")
        url, environment = body.filled("url"), body.word("environment", ENVIRONMENTS)
        if url is not None and (urlsplit(url).scheme not in ("https", "http") or not urlsplit(url).hostname):
            body.fail("url", "is the address of a web page")
        body.check()
        tenant.allowed_urls.append((url or "", environment or ""))
        return _DONE

    # -- keys ------------------------------------------------------------------------------------------------------

    def _create_key(self, tenant: Tenant, body: Body) -> Document:
        body.need("name")
        name, scopes = body.filled("name"), body.texts("scopes")
        if name in {key.name for key in tenant.keys}:
            body.fail("name", "is another key's")
        body.check()
        id = max(key.id for key in tenant.keys) + 1
        now = self._clock.now()
        secret = secret_key(tenant.subdomain, str(id), now.isoformat())
        key = ApiKey(id, name or "", secret, frozenset((READ,) if scopes is None else scopes), now)
        tenant.keys.append(key)
        return _key_row(key) | {"key": secret}

    def _update_key(self, tenant: Tenant, body: Body) -> Document:
        body.need("id")
        id, name, scopes, active = (
            body.id("id"),
            body.filled("name"),
            body.texts("scopes"),
            _flag(body, "active"),
        )
        body.check()
        key = next((key for key in tenant.keys if key.id == id), None)
        if key is None:
            raise Refusal(404, "There is no such API key")
        key.name = name or key.name
        key.scopes = key.scopes if scopes is None else frozenset(scopes)
        key.active = key.active if active is None else active
        return _key_row(key)


_DONE: Document = {"status": "success"}


def _company(tenant: Tenant, key: str | None) -> Company:
    company = tenant.companies.get(key or "")
    if company is None:
        raise Refusal(404, "There is no such account")
    return company


def _flag(body: Body, name: str) -> bool | None:
    """0 or 1, as a number or as text."""
    if name not in body:
        return None
    number = body.number(name)
    value = _FLAGS.get(str(number))
    if number is not None and value is None:
        body.fail(name, "is 0 or 1")
    return value


def _account_row(tenant: Tenant, row: Company) -> Document:
    return {
        "account_key": row.key,
        "name": row.name,
        "subdomain": row.subdomain,
        "active": int(row.active),
        "type": row.kind,
        "datashare": int(row.shares),
        "environment": tenant.environment,
        "email_admin": row.email,
        "created": instant(row.created),
    }


def _key_row(key: ApiKey) -> Document:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "active": int(key.active),
        "created": instant(key.created),
        "hint": key.secret[-4:],
    }
