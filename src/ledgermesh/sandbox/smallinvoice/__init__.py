"""An emulator of smallinvoice's REST API v2, written from its public OpenAPI 2.0.0 and its clients' wire traffic.

It reads and authorizes; creating, changing and deleting answer 405 so far.
"""

from ledgermesh.sandbox.smallinvoice.emulator import Smallinvoice, make
from ledgermesh.sandbox.smallinvoice.switches import TO_FIVE_CENTS, TO_THE_CENT, Switches
from ledgermesh.sandbox.world import invoicing_books
from ledgermesh.sandbox.world.keeper import Keeper

KEEPER = Keeper("CHF", "CH", invoicing_books.fill)

__all__ = ["KEEPER", "TO_FIVE_CENTS", "TO_THE_CENT", "Smallinvoice", "Switches", "make"]
