"""An emulator of smallinvoice's REST API v2, written from its public OpenAPI 2.0.0 and its clients' wire traffic.

Its whole documented surface: reads, writes, actions, PDFs and previews. What no public source tells is marked
`assumed` in `schema/providers/smallinvoice.yaml`, or called an assumption where it is done.
"""

from ledgermesh.sandbox.smallinvoice.emulator import Smallinvoice, make
from ledgermesh.sandbox.smallinvoice.switches import TO_FIVE_CENTS, TO_THE_CENT, Switches
from ledgermesh.sandbox.world import invoicing_books
from ledgermesh.sandbox.world.keeper import Keeper

KEEPER = Keeper("CHF", "CH", invoicing_books.fill)

__all__ = ["KEEPER", "TO_FIVE_CENTS", "TO_THE_CENT", "Smallinvoice", "Switches", "make"]
