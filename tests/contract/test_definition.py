"""A definition is complete and agrees with the model and itself; one that does not is refused in words that help."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledgermesh.errors import DefinitionError
from ledgermesh.graph.kinds import NAMES
from ledgermesh.providers import discover
from ledgermesh.spec.auth import OAuth2
from ledgermesh.spec.check import REPORTS, problems
from tests.contract.known import PROVIDERS
from tests.sandbox.contracts import PROVIDERS as CONTRACTS


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_a_definition_has_no_problems(name: str) -> None:
    """Every mapped field exists in the model and agrees in type; a kind is there or has a reason, never both."""
    provider = PROVIDERS[name]
    assert list(problems(provider, NAMES)) == []
    for kind in (*NAMES, *REPORTS):
        there = any(each.kind == kind for each in provider.resources)
        there = there or any(each.report == kind for each in provider.reports)
        assert not (there and kind in provider.unsupported), kind
        assert there or len(provider.why_not(kind)) > 10, kind


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_a_definition_says_where_it_comes_from(name: str) -> None:
    """Public documents with a date, https only, budgets above nothing, and a contract beside it."""
    provider = PROVIDERS[name]
    assert provider.name == name and provider.title
    assert provider.docs_url.startswith("https://") and provider.base_url.startswith("https://")
    assert not provider.base_url.endswith("/")
    assert provider.checked_on.year >= 2026
    assert all(budget.calls > 0 and budget.per_seconds > 0 for budget in provider.budgets)
    assert provider.concurrent_max > 0
    assert (CONTRACTS / f"{name}.yaml").is_file()
    for auth in provider.auth:
        urls = (
            [url for url in (auth.token_url, auth.authorize_url) if url] if isinstance(auth, OAuth2) else []
        )
        assert all(url.startswith(("https://", "/")) for url in urls)


GOOD = """
import datetime as dt
from ledgermesh.model.account import Account
from ledgermesh.spec.auth import ApiKey, OAuth2
from ledgermesh.spec.budgets import Budget
from ledgermesh.spec.paging import Whole
from ledgermesh.spec.provider import Provider, ProviderKind
from ledgermesh.spec.resource import Get, List, Push, Resource, Sort
from ledgermesh.spec.leaves import flag, money, text
from ledgermesh.spec.wires import fields

PROVIDER = Provider(
    name="NAME", title="Acme", docs_url="https://acme.example", checked_on=dt.date(2026, 11, 1),
    kinds=(ProviderKind.ACCOUNTING,), base_url="https://acme.example/v1", auth=(ApiKey(),),
    budgets=(Budget(calls=1, per_seconds=1),),
    resources=(Resource(kind="Account", list=List(path="/accounts"), fields=fields(Account, native_id=text("id"), name=text("name"))),),
    unsupported={"Bill": "Acme sells only."},
)
"""

BROKEN = {
    "misspelt": ('name=text("name")', 'nmae=text("name")', "misspelt Account: Account has no field 'nmae'; did you mean 'name'?"),
    "mistyped": ('name=text("name")', 'name=flag("name")', "mistyped Account: Account.name is str or NoneType, but its wire gives"),
    "nameless": ('native_id=text("id"), ', "", "nameless Account: Account needs a wire for 'native_id'"),
    "torn": ('{"Bill"', '{"Account"', "torn: has Account and says under `unsupported` that it has not; drop one"),
    "stranger": ('{"Bill"', '{"Bil"', "stranger: there is no kind 'Bil'; did you mean 'Bill'?"),
    "unkind": ('kind="Account"', 'kind="Acount"', "unkind Acount: there is no kind 'Acount'; did you mean 'Account'?"),
    "pushing": ('path="/accounts"', 'path="/accounts", sorts=(Sort(field="nam", ascending=(), descending=()),)', "pushing Account: pushes down 'nam', which it does not map; did you mean 'name'?"),
    "unset": ('path="/accounts"', 'path="/{shop}/accounts"', "unset Account: /{shop}/accounts needs 'shop'; declare it under `settings`"),
    "unread": ('list=List(path="/accounts"), ', "", "unread Account: cannot be read at all; give `list`, `get` or `derived`"),
    "plain": ('base_url="https:', 'base_url="http:', "plain: base_url must be https"),
    "undocumented": ('docs_url="https:', 'docs_url="http:', "undocumented: docs_url must name the public documents, with https"),
    "broke": ("calls=1", "calls=0", "broke: a budget needs positive calls and seconds"),
    "renamed": ('name="NAME"', 'name="other"', "renamed: the provider's name is 'other'; name the folder alike"),
    "absent": ("PROVIDER = ", "PROVIDERS = ", "absent: definition.py needs a constant PROVIDER"),
    "openly": ("auth=(ApiKey(),)", 'auth=(OAuth2(grant="client_credentials", token_url="http://acme.example/token", scopes=(), client_auth="body"),)', "openly oauth2: token_url must be https, or a path below base_url"),
}  # fmt: skip
"""Name of the provider, what is changed in a good definition, and the sentence that says so."""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package of providers of the test's own."""
    folder = tmp_path / "acme_providers"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for module in [name for name in sys.modules if name.split(".")[0] == "acme_providers"]:
        del sys.modules[module]


def write(package: Path, name: str, text: str) -> None:
    """A provider of this name."""
    (package / name).mkdir()
    (package / name / "__init__.py").write_text("")
    (package / name / "definition.py").write_text(text)


def test_all_problems_of_all_providers_come_in_one_error(package: Path) -> None:
    """Each broken definition is named with the place and the remedy, none hides another, a good one is not named."""
    write(package, "good", GOOD.replace('name="NAME"', 'name="good"'))
    for name, (old, new, _) in BROKEN.items():
        assert old in GOOD, name
        write(package, name, GOOD.replace(old, new).replace('name="NAME"', f'name="{name}"'))
    with pytest.raises(DefinitionError) as refused:
        discover(NAMES, package="acme_providers")
    lines = refused.value.message.splitlines()
    for name, (_, _, sentence) in BROKEN.items():
        assert any(line.startswith(sentence) for line in lines), (
            name,
            [line for line in lines if name in line],
        )
    assert not any(line.startswith("good") for line in lines)


def test_a_good_definition_is_found_by_its_folder(package: Path) -> None:
    """Nothing else has to name it."""
    write(package, "good", GOOD.replace('name="NAME"', 'name="good"'))
    assert list(discover(NAMES, package="acme_providers")) == ["good"]
