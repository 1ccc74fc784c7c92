"""From the file and the environment to the settings; no message repeats a value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from ledgermesh.errors import ConfigurationError
from ledgermesh.settings.values import PREFIX, Settings

DEFAULT_FILE = "ledgermesh.toml"
FILE_VARIABLE = f"{PREFIX}CONFIG"
KEY_VARIABLE = f"{PREFIX}API_KEY"
"""The key that a command asks a gateway with; no setting of the gateway."""
SERVICE_VARIABLE = re.compile(rf"{PREFIX}(SERVICE|PORT)(_.*)?")
"""Kubernetes and Docker links set these beside every container, for a service that is called what we are."""


def read_settings(environ: Mapping[str, str], path: Path | None = None) -> Settings:
    """The settings; raises ConfigurationError that names every mistake at once and repeats no value.

    `path` is the file; else LEDGERMESH_CONFIG names it, else `ledgermesh.toml` is taken where there is one.
    """
    given = _over(_file(environ, path), _environment(environ))
    wrong = [f"{name}: there is no such setting" for name in _unknown(environ, given)]
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise ConfigurationError(
            "\n".join([*wrong, *_words(error)])
        ) from None  # the cause would repeat what was given
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return settings


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """What the environment says, in the form of the file."""
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in environ.items()}
    try:
        return source()
    except SettingsError as error:
        # Its own cause repeats the value; its words name the setting.
        raise ConfigurationError(f"environment: {error}; lists and tables are given as JSON") from None


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Both, section by section; of a value that both give, the one above."""
    sections = {
        name: _over(below[name], value)
        for name, value in above.items()
        if isinstance(value, dict) and isinstance(below.get(name), dict)
    }
    return {**below, **above, **sections}


def _unknown(environ: Mapping[str, str], given: Mapping[str, Any]) -> list[str]:
    """Variables with our prefix that set nothing, and that no setting names as the place of a secret."""
    named = {FILE_VARIABLE, KEY_VARIABLE, *_places(given)}
    return sorted(
        name
        for name in environ
        if name.startswith(PREFIX)
        and name.removeprefix(PREFIX).lower().partition("__")[0] not in Settings.model_fields
        and name not in named
        and not SERVICE_VARIABLE.fullmatch(name)
    )


def _places(given: Mapping[str, Any]) -> Iterator[str]:
    """The environment variables that the settings name, before anybody has checked their form."""
    for entry in (
        each for name in ("keys", "connections", "oauth_clients") for each in _entries(given.get(name))
    ):
        secrets = entry.get("secrets_from_env")
        alone = entry.get("from_env"), entry.get("client_secret_from_env")
        for place in (*alone, *(secrets.values() if isinstance(secrets, dict) else ())):
            if isinstance(place, str):
                yield place


def _entries(found: object) -> list[dict[str, Any]]:
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def _file(environ: Mapping[str, str], path: Path | None) -> dict[str, Any]:
    named = path or (Path(environ[FILE_VARIABLE]) if environ.get(FILE_VARIABLE) else None)
    if named is None and not Path(DEFAULT_FILE).exists():
        return {}
    chosen = named or Path(DEFAULT_FILE)
    try:
        return tomllib.loads(chosen.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{chosen}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{chosen}: {error}") from error


def _words(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, found['loc']))}: {found['msg']}" for found in error.errors()]
