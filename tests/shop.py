"""The settings of one small shop, good until a test spoils them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ledgermesh.settings import Settings, read_settings

HUSH = "hush-hush-hush-hush"
GOOD = """
[server]
port = 9000

[[tenants]]
id = "acme"
name = "Acme Finance"

[[keys]]
id = "reporting"
tenant = "acme"
from_env = "ACME_KEY"
companies = ["shop"]

[[companies]]
key = "shop"
name = "Corner Shop Ltd."
tenants = ["acme"]

[[connections]]
id = "shop-books"
company = "shop"
provider = "kashoo"
scheme = "first_party"
settings = { business_id = "365" }
secrets_from_env = { email = "SHOP_EMAIL", password = "SHOP_PASSWORD" }
"""
ENVIRON = {
    "ACME_KEY": "acme-key",
    "SHOP_EMAIL": "ada@shop.test",
    "SHOP_PASSWORD": HUSH,
    "LEDGERMESH_SEALING__SECRETS": '["sixteen letters at least"]',
}


def read(text: str = GOOD, environ: Mapping[str, str] = ENVIRON) -> Settings:
    """The settings of this text, in the working directory."""
    path = Path("ledgermesh.toml")
    path.write_text(text, encoding="utf-8")
    return read_settings(environ)
