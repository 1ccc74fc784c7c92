"""An emulator of the AccountsOS REST API, written from its public API quickstart.

It reads; categorising a transaction and uploading a document answer 405 so far. Bodies that the quickstart does not
print are assumed, as `schema/providers/accountsos.yaml` says field by field.
"""

from ledgermesh.sandbox.accountsos.api import AccountsOS, make
from ledgermesh.sandbox.accountsos.switches import Switches

__all__ = ["AccountsOS", "Switches", "make"]
