"""The operator's settings: read once, checked whole, made into the parts that `app` puts together.

`ledgermesh.toml` (or LEDGERMESH_CONFIG) stands below the environment (LEDGERMESH_…); secrets are named, never written.
"""

from ledgermesh.settings.bootstrap import bootstrap
from ledgermesh.settings.check import check
from ledgermesh.settings.issuers import to_issuers
from ledgermesh.settings.keys import to_key
from ledgermesh.settings.named import state_url
from ledgermesh.settings.parts import to_clients, to_entries, to_grants, to_keys, to_openness
from ledgermesh.settings.processes import to_loop, to_workers
from ledgermesh.settings.read import read_settings
from ledgermesh.settings.transport import to_tls, to_transport, unreachable
from ledgermesh.settings.values import Company, Connection, Key, Sealing, Server, Settings, Tenant

__all__ = [
    "Company",
    "Connection",
    "Key",
    "Sealing",
    "Server",
    "Settings",
    "Tenant",
    "bootstrap",
    "check",
    "read_settings",
    "state_url",
    "to_clients",
    "to_entries",
    "to_grants",
    "to_issuers",
    "to_key",
    "to_keys",
    "to_loop",
    "to_openness",
    "to_tls",
    "to_transport",
    "to_workers",
    "unreachable",
]
