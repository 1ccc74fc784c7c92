"""An emulator of the AccountsOS REST API, written from its public API quickstart.

All ten operations. Bodies that the quickstart does not print are assumed, as `schema/providers/accountsos.yaml` says
field by field.
"""

from ledgermesh.sandbox.accountsos.api import AccountsOS, make
from ledgermesh.sandbox.accountsos.switches import Switches
from ledgermesh.sandbox.world import bank_books
from ledgermesh.sandbox.world.keeper import Keeper

KEEPER = Keeper("GBP", "GB", bank_books.fill)

__all__ = ["KEEPER", "AccountsOS", "Switches", "make"]
