"""An emulator of Boss Insights' data API and administration API, written from its developer documentation.

Boss Insights' API reference is not public. Fields come from its sample apps and its portal's configuration; what no
public source states is assumed, as `schema/providers/bossinsights.yaml` says field by field. Left out on purpose is
`proxy_request`, which passes any call on to a source app; so are the apps themselves, to which a push goes nowhere.
"""

from ledgermesh.sandbox.bossinsights.emulator import BossInsights, make
from ledgermesh.sandbox.bossinsights.mirror import fill
from ledgermesh.sandbox.bossinsights.switches import Switches
from ledgermesh.sandbox.world.keeper import Keeper

KEEPER = Keeper("CAD", "CA", fill)

__all__ = ["KEEPER", "BossInsights", "Switches", "make"]
