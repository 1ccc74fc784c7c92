"""An emulator of the Kashoo API, from its public reference and from clients that ran against the real one."""

from ledgermesh.sandbox.kashoo.emulator import KashooEmulator, make
from ledgermesh.sandbox.kashoo.switches import Switches
from ledgermesh.sandbox.kashoo.users import ACCOUNTANT, MFA_CODE

__all__ = ["ACCOUNTANT", "MFA_CODE", "KashooEmulator", "Switches", "make"]
