"""Every change that smallinvoice's API v2 takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledgermesh.providers.smallinvoice.writing_catalog import CATALOG_WRITES
from ledgermesh.providers.smallinvoice.writing_contacts import PARTY_WRITES
from ledgermesh.providers.smallinvoice.writing_documents import DOCUMENT_WRITES
from ledgermesh.providers.smallinvoice.writing_office import OFFICE_WRITES
from ledgermesh.providers.smallinvoice.writing_payments import PAYMENT_WRITES
from ledgermesh.providers.smallinvoice.writing_sending import SENDING_WRITES
from ledgermesh.providers.smallinvoice.writing_tracking import TRACKING_WRITES
from ledgermesh.spec.write import Writes

WRITES: Writes = (
    *PARTY_WRITES,
    *CATALOG_WRITES,
    *OFFICE_WRITES,
    *DOCUMENT_WRITES,
    *PAYMENT_WRITES,
    *SENDING_WRITES,
    *TRACKING_WRITES,
)

UNWRITTEN: Final[Mapping[str, str]] = {
    "POST /auth/access-tokens": "Gets a token for the connection; it changes nothing in the books.",
}
"""By method and path, as the contract has them."""
