"""What a caller of ours has been given, so that it can be bent."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.edge.hostile.calling import Door

PAGE = """{ company(key: "maple-bakery") {
  invoices(first: 1) { nodes { id } pageInfo { endCursor } }  documents(first: 1) { nodes { id } }
} }"""
PLAN = """mutation { createInvoice(
  company: "maple-bakery"
  input: {
    date: "2026-11-15", dueDate: "2026-12-15", currency: "CAD", number: "%s", party: { name: "Harbour", create: true }
    lines: [{ description: "Bread", quantity: "2", unitPrice: { amount: "10.50" }, account: { code: "4000" } }]
  }
  options: { connections: ["maple-bakery-kashoo"] }
) { planToken } }"""
COMMIT = "mutation A($plan: String!) { commit(planToken: $plan) { syncId } }"
OPEN = 'mutation { updateTenant(allowedUrls: ["https://books.example"]) { id } }'
ADMIN = """mutation {
  createLinkToken(company: "grand-tour", returnUrl: "https://books.example/back") { token }
  createBrowserToken(company: "grand-tour", scopes: [READ], origins: ["https://books.example"]) { token }
}"""
HOOKS = '{ company(key: "grand-tour") { connections { hookUrl } } }'


def introduced(door: Door) -> Door:
    """The same door, with one good thing of each kind."""
    company = door.ask(PAGE)["data"]["company"]
    plan, other = (
        door.ask(PLAN % number, "lm_demo_write")["data"]["createInvoice"]["planToken"] for number in (1, 2)
    )
    sync = door.ask(COMMIT, "lm_demo_write", plan=other)["data"]["commit"]["syncId"]
    door.ask(OPEN, "lm_demo_admin")
    made = door.ask(ADMIN, "lm_demo_admin")["data"]
    found = door.ask(HOOKS, "lm_demo_admin")["data"]["company"]["connections"]
    [hook] = [each["hookUrl"] for each in found if each["hookUrl"]]
    taken = {
        "id": company["invoices"]["nodes"][0]["id"],
        "cursor": company["invoices"]["pageInfo"]["endCursor"],
        "document": company["documents"]["nodes"][0]["id"],
        "plan": plan,
        "sync": sync,
        "link": made["createLinkToken"]["token"],
        "browser": made["createBrowserToken"]["token"],
        "hook": urlsplit(hook).path,
    }
    return Door(door.port, {**door.known, **taken})
