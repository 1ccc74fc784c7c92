"""Global ids are opaque, stable and good only for those they were shown to."""

from __future__ import annotations

import base64
from string import ascii_letters, digits

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledgermesh.engine.ids import Ids
from ledgermesh.errors import BadInput
from ledgermesh.spec.query import Ref
from ledgermesh.state.sealing import SealingKey

OLD, NEW = SealingKey(1, b"a" * 32), SealingKey(2, b"b" * 32)
INVOICE = Ref("Invoice", "link-1", "product:7-5 ü")
IDS = Ids([OLD], tenant="tenant", environment="live")


@settings(max_examples=50, derandomize=True, deadline=None, database=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200))
def test_every_record_is_found_again(native_id: str) -> None:
    """Whatever its id looks like; the same record has the same id each time."""
    ref = Ref("Invoice", "link-1", native_id)
    assert IDS.open(IDS.seal(ref)) == ref
    assert IDS.seal(ref) == IDS.seal(Ref("Invoice", "link-1", native_id))


def test_an_id_is_good_for_its_tenant_and_environment_only() -> None:
    """Another tenant, the same one's sandbox, and names that run into each other are refused."""
    id = IDS.seal(INVOICE)
    for tenant, environment in (
        ("other", "live"),
        ("tenant", "sandbox"),
        ("tenantl", "ive"),
        ("", "tenant\0live"),
    ):
        with pytest.raises(BadInput):
            Ids([OLD], tenant=tenant, environment=environment).open(id)


def test_an_id_outlives_the_change_of_keys() -> None:
    """The first key signs, the ones behind it are good; a key that is gone is not."""
    both = Ids([NEW, OLD], tenant="tenant", environment="live")
    assert both.open(IDS.seal(INVOICE)) == INVOICE == both.open(both.seal(INVOICE))
    with pytest.raises(BadInput):
        IDS.open(both.seal(INVOICE))


def test_no_changed_id_is_good() -> None:
    """Every bit counts: version, key, mark, kind, connection, native id."""
    raw = base64.urlsafe_b64decode(IDS.seal(INVOICE) + "==")
    for place in range(len(raw)):
        changed = raw[:place] + bytes((raw[place] ^ 1,)) + raw[place + 1 :]
        with pytest.raises(BadInput):
            IDS.open(base64.urlsafe_b64encode(changed).decode().rstrip("="))


def test_an_id_is_good_under_the_key_it_names_only() -> None:
    """Naming another key that is good does not make it another id."""
    both = Ids([NEW, OLD], tenant="tenant", environment="live")
    raw = base64.urlsafe_b64decode(both.seal(INVOICE) + "==")
    assert raw[1] == NEW.id
    with pytest.raises(BadInput):
        both.open(base64.urlsafe_b64encode(raw[:1] + bytes((OLD.id,)) + raw[2:]).decode())


@pytest.mark.parametrize("native_id", ["~" * length for length in range(1, 40)])
def test_an_id_fits_into_an_address(native_id: str) -> None:
    """As it is, whatever its length."""
    id = IDS.seal(Ref("Invoice", "link-1", native_id))
    assert set(id) <= set(ascii_letters + digits + "-_")
    assert IDS.open(id).native_id == native_id


@pytest.mark.parametrize("id", ["", "a", "AQ", "====", "ü", "0" * 5000, "AQE" + "A" * 40, " ", "\0"])
def test_nonsense_is_refused(id: str) -> None:
    """As a caller's mistake, never as a fault of ours."""
    with pytest.raises(BadInput):
        IDS.open(id)
