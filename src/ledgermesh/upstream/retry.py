"""Try again what may be repeated, while the deadline and the retry budget allow it; renew the grant after a 401."""

from __future__ import annotations

from random import Random

from ledgermesh.clock import Clock
from ledgermesh.errors import Garbled, Reconnect, SlowDown, Unavailable, UpstreamError
from ledgermesh.upstream.call import Call, Handler, Link, Response
from ledgermesh.upstream.local import is_local
from ledgermesh.upstream.recent import Recent
from ledgermesh.upstream.rolling import Rolling
from ledgermesh.upstream.tokens import StaleGrant, Tokens

RETRIES_MAX = 2
BACKOFF_SECONDS = 0.1
BACKOFF_SECONDS_MAX = 2.0
RETRIES_SHARE = 0.2
RETRIES_FLOOR = 3
ACCOUNTS_MAX = 10_000


class Retry:
    """At most two more tries of a safe call, after a random pause, and at most 20 % more calls to a provider in all.

    A 401 means that nothing was done, so after one renewal any call is sent again, also a write.
    """

    def __init__(self, clock: Clock, random: Random, tokens: Tokens) -> None:
        self._clock = clock
        self._random = random
        self._tokens = tokens
        self._accounts: Recent[tuple[str, str, str], Rolling] = Recent(ACCOUNTS_MAX)

    async def answer(self, call: Call, send: Handler) -> Response:
        """See Layer."""
        account = self._account(call.link)
        account.add(self._clock.monotonic(), total=1)
        retries, renewed = 0, False
        while True:
            try:
                return await send(call)
            except StaleGrant as error:
                if renewed:
                    raise Reconnect(error.message, details=error.details) from error
                renewed = True
                await self._renew(call, error)
            except (Unavailable, Garbled, SlowDown) as error:
                pause = self._pause(call, error, retries, account)
                if pause is None:
                    raise
                retries += 1
                await self._clock.sleep(pause)
            call = call.but(attempt=call.attempt + 1)

    async def _renew(self, call: Call, error: StaleGrant) -> None:
        """A newer grant; where there can be none, the provider's own words of the refusal are passed on."""
        try:
            await self._tokens.renew(call, used=error.used)
        except Reconnect as refused:
            raise Reconnect(refused.message, details=error.details) from refused

    def _pause(self, call: Call, error: UpstreamError, retries: int, account: Rolling) -> float | None:
        """Seconds to wait before the next try, or None when there is none."""
        if not call.safe or retries >= RETRIES_MAX or not _repeatable(error):
            return None
        now = self._clock.monotonic()
        pause = self._told(error)
        if pause is None:
            pause = self._random.uniform(0.0, min(BACKOFF_SECONDS * 2**retries, BACKOFF_SECONDS_MAX))
        if now + pause >= call.ends or not _affordable(account, now):
            return None
        account.add(now, marked=1)
        # After a spent budget the waiting is done in pace, where the others of the same connection queue too.
        return 0.0 if isinstance(error, SlowDown) else pause

    def _told(self, error: UpstreamError) -> float | None:
        if error.retry_at is None:
            return None
        return max((error.retry_at - self._clock.now()).total_seconds(), 0.0)

    def _account(self, link: Link) -> Rolling:
        key = (link.environment, link.provider.name, link.base_url)
        return self._accounts.get(key) or self._accounts.put(key, Rolling())


def _repeatable(error: UpstreamError) -> bool:
    if is_local(error):
        return False
    if isinstance(error, Garbled):
        return error.details.get("cutShort") is True
    return not isinstance(error, SlowDown) or error.retry_at is not None


def _affordable(account: Rolling, now: float) -> bool:
    account.roll(now)
    return account.marked < max(RETRIES_FLOOR, RETRIES_SHARE * account.total)
