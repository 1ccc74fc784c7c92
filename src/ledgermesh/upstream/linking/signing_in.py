"""From what a person typed to a grant: logins with their text messages, client credentials, keys as they are."""

from __future__ import annotations

from collections.abc import Mapping

from ledgermesh.errors import LedgermeshError, Reconnect
from ledgermesh.spec.auth import ApiKey, Auth, Basic, FirstPartyToken, OAuth2
from ledgermesh.state.base import Grant, Secret
from ledgermesh.upstream.call import Link
from ledgermesh.upstream.linking.line import Line, bare, posted
from ledgermesh.upstream.schemes import held, refusal_of, renewal, renewed
from ledgermesh.upstream.wire import Answer

GOOD = (200, 201)


class CodeWanted(Reconnect):
    """The login is right as far as it goes; the code of a text message is missing, or is not the one that was sent."""


async def sign_in(line: Line, link: Link, auth: Auth, secrets: Mapping[str, Secret]) -> Grant:
    """A grant that was not tried yet. Raises CodeWanted, Reconnect for wrong credentials, and UpstreamErrors.

    Of a first-party login the grant has the token only.
    """
    grant = bare(link, auth, secrets)
    match auth:
        case ApiKey() | Basic():
            return grant
        case FirstPartyToken():
            return grant if "token" in secrets else await _login(line, link, auth, secrets)
        case OAuth2():
            return grant if held(auth, grant) is not None else await _token(line, link, auth, grant)


async def send_code(line: Line, link: Link, auth: FirstPartyToken, secrets: Mapping[str, Secret]) -> None:
    """Let the provider send the text message; raises as `sign_in`."""
    if auth.code_path is None:
        return
    pairs = {
        name: secrets[name].reveal() for name in (auth.user_field, auth.password_field) if name in secrets
    }
    answer = await line.send(link, posted(link.base_url + auth.code_path, pairs))
    if not 200 <= answer.status < 300:
        raise _refused(line, link, auth, answer)


async def _login(line: Line, link: Link, auth: FirstPartyToken, secrets: Mapping[str, Secret]) -> Grant:
    pairs = {name: secret.reveal() for name, secret in secrets.items()}
    if auth.lifetime_field is not None:
        pairs[auth.lifetime_field] = str(auth.lifetime_ms)
    answer = await line.send(link, posted(link.base_url + auth.login_path, pairs))
    if answer.status in GOOD:
        return renewed(link, auth, bare(link, auth, {}), answer, line.clock.now())
    if answer.status == 401 and _wants_code(auth, answer):
        raise CodeWanted(
            f"{link.provider.title} wants the code of a text message.",
            details={"status": 401, "step": "link"},
        )
    raise _refused(line, link, auth, answer)


async def _token(line: Line, link: Link, auth: OAuth2, grant: Grant) -> Grant:
    request = renewal(link, auth, grant)
    if request is None:
        raise Reconnect(f"{link.provider.title} needs more than these credentials.", details={"step": "link"})
    answer = await line.send(link, request)
    if answer.status not in GOOD:
        raise _refused(line, link, auth, answer)
    return renewed(link, auth, grant, answer, line.clock.now())


def _wants_code(auth: FirstPartyToken, answer: Answer) -> bool:
    text = answer.body[:10_000].decode("utf-8", "replace").casefold()
    return auth.code_field is not None and any(word in text for word in auth.code_words)


def _refused(line: Line, link: Link, auth: Auth, answer: Answer) -> LedgermeshError:
    error = refusal_of(link, auth, answer, line.clock.now())
    if isinstance(error, Reconnect):
        details = {"status": answer.status, "step": "link"}
        return Reconnect(f"{link.provider.title} does not accept these credentials.", details=details)
    return error
