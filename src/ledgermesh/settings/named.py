"""What the settings name and do not hold: the values in environment variables and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ledgermesh.settings.values import Connection, Key, OauthClient, Sealing, State, Telemetry
from ledgermesh.state.entries import digest


def digest_of(key: Key, environ: Mapping[str, str]) -> str | None:
    """What is kept of the key; None where it is not where the settings say."""
    if key.sha256 is not None:
        return key.sha256
    text = environ.get(key.from_env) if key.from_env is not None else content(key.from_file)
    return digest(text) if text else None


def content(path: Path | None) -> str | None:
    """What a secret's file holds; None when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8").strip() if path is not None else None
    except (OSError, UnicodeDecodeError):
        return None


def secrets_of(link: Connection, environ: Mapping[str, str]) -> Iterator[tuple[str, str, str | None]]:
    """Each secret's name, what is wrong where there is none, and the secret."""
    for name, variable in link.secrets_from_env.items():
        yield name, f"the environment variable {variable} is not set", environ.get(variable)
    for name, path in link.secrets_from_file.items():
        yield name, f"the file for {name} is empty or cannot be read", content(path)


def sealing_secrets(sealing: Sealing) -> list[str | None]:
    """The operator's secrets in their order; None for a file that cannot be read."""
    written = [secret.get_secret_value() for secret in sealing.secrets]
    return [*written, *(content(path) or None for path in sealing.secrets_from_files)]


def state_url(state: State) -> str | None:
    """Where the state is kept; None where the file that says so is empty or cannot be read."""
    return state.url if state.url_from_file is None else content(state.url_from_file) or None


def metrics_token(given: Telemetry) -> str | None:
    """What opens the figures; None where there is none, or its file is empty or cannot be read."""
    if given.metrics_token is not None:
        return given.metrics_token.get_secret_value() or None
    return content(given.metrics_token_from_file) or None


def client_secret_of(client: OauthClient, environ: Mapping[str, str]) -> str | None:
    """The client's secret; None where it is not where the settings say."""
    if client.client_secret_from_env is not None:
        return environ.get(client.client_secret_from_env) or None
    return content(client.client_secret_from_file) or None
