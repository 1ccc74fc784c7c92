"""An emulator of the Kashoo API, from its public reference and from clients that ran against the real one."""

from ledgermesh.sandbox.kashoo.emulator import KashooEmulator, make
from ledgermesh.sandbox.kashoo.switches import Switches
from ledgermesh.sandbox.kashoo.users import ACCOUNTANT, MFA_CODE
from ledgermesh.sandbox.world import full_books
from ledgermesh.sandbox.world.keeper import Keeper

KEEPER = Keeper("CAD", "CA", full_books.fill)

__all__ = ["ACCOUNTANT", "KEEPER", "MFA_CODE", "KashooEmulator", "Switches", "make"]
