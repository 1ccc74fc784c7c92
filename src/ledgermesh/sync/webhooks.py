"""Delivers events to the tenants' webhooks: signed, at least once, tried again with growing pauses."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from itertools import groupby
from random import Random
from typing import Final, Literal

import msgspec
import structlog

from ledgermesh.clock import Clock
from ledgermesh.errors import NeedsConfig, StateDown
from ledgermesh.state.claims import Claims
from ledgermesh.state.entries import CompanyEntry, WebhookEntry
from ledgermesh.state.shared import State
from ledgermesh.sync.announce import EVENTS
from ledgermesh.sync.entries import find
from ledgermesh.sync.notify import instant
from ledgermesh.sync.outbox import KEPT, KIND, Event, Outbox, Waiting
from ledgermesh.sync.signing import signed_headers, valid
from ledgermesh.sync.ticking import ticking
from ledgermesh.upstream.deadline import Within
from ledgermesh.upstream.wire import Request, Wire, WireError

POST_SECONDS: Final = 10.0
CLAIM_SECONDS: Final = 30.0
"""Longer than one attempt takes; a deliverer that dies holds others up for no longer."""
PAUSES: Final = tuple(dt.timedelta(seconds=each) for each in (5, 30, 120, 600, 3_600, 21_600, 86_400))
"""After the first failure, the second … After as many failures as there are pauses and one more it is given up."""
JITTER: Final = 0.2
"""Of a pause, more or less."""
ANSWER_BYTES_MAX: Final = 64_000
TOGETHER_MAX: Final = 50
"""Webhooks that are posted to at once; each gets its events one after another."""
GONE: Final = 410
"""The receiver wants no more of it (Standard Webhooks, "Operational considerations")."""
PASS_SECONDS: Final = 1.0
"""The store is looked through no more often."""
IDLE_SECONDS: Final = 60.0
"""How often the store is looked through when nothing happens: for what another replica claimed and did not finish."""
RETRY_SECONDS: Final = 1.0

Posted = Literal["delivered", "failed", "given_up"]
"""What became of one attempt to post an event."""

Hook = tuple[str, str, str]
"""Environment, tenant and webhook."""


def nobody(outcome: Posted) -> None:
    """For who does not want to be told."""


class Deliverer:
    """Runs on every replica; a claim lets one of them at a time post to a webhook.

    An event is deleted after the receiver has confirmed it, so a crash in between delivers it again, under the same
    webhook-id. `wire` must be guarded: the addresses are the tenants'.
    """

    def __init__(
        self,
        state: State,
        wire: Wire,
        clock: Clock,
        random: Random,
        *,
        posted: Callable[[Posted], None] = nobody,
    ) -> None:
        """`posted` is told of every attempt."""
        self._posted = posted
        self._state = state
        self._wire = wire
        self._clock = clock
        self._random = random
        self._claims = Claims(state.store, clock)
        self._outbox = Outbox(state.store, clock)
        self._turns = asyncio.Semaphore(TOGETHER_MAX)
        self._busy: set[Hook] = set()
        """Webhooks that this process is posting to, or waits to."""

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            async with asyncio.TaskGroup() as group:
                try:
                    await self._follow(group)
                except StateDown:
                    await self._clock.sleep(RETRY_SECONDS)

    async def deliver(self) -> float:
        """Try everything that is due now; how many seconds it is until more is. Raises StateDown."""
        async with asyncio.TaskGroup() as group:
            return await self._start(group)

    async def _follow(self, group: asyncio.TaskGroup) -> None:
        """Until changes were missed."""
        with self._state.directory.listening() as changes:
            async with aclosing(ticking(changes, self._clock, PASS_SECONDS)) as ticks:
                last = self._clock.monotonic()
                due = last + await self._start(group)
                async for changed in ticks:
                    now = self._clock.monotonic()
                    if changed is not None and changed.place.startswith(f"{KIND}/"):
                        due = min(due, last + PASS_SECONDS)
                    if now >= due:
                        last, due = now, now + await self._start(group)

    async def _start(self, group: asyncio.TaskGroup) -> float:
        """Begin with what is due, a task for each webhook; gives the seconds until something else is."""
        now, later = self._clock.now(), [IDLE_SECONDS]
        waiting = sorted(await self._outbox.all(), key=_whose)
        for hook, found in groupby(waiting, key=_whose):
            events = [each.event for each in found if await self._tried(each, now)]
            due = [event.place for event in events if event.next_at <= now]
            later += [(event.next_at - now).total_seconds() for event in events if event.next_at > now]
            if due and hook in self._busy:
                later.append(PASS_SECONDS)
            elif due:
                self._busy.add(hook)
                group.create_task(self._deliver_all(hook, due))
        return min(later)

    async def _tried(self, waiting: Waiting, now: dt.datetime) -> bool:
        """Whether an event is still on its way; one that was given up long ago is deleted."""
        ended = waiting.event.given_up_at
        if ended is not None and now - ended > KEPT:
            await self._outbox.remove(waiting)
        return ended is None

    async def _deliver_all(self, hook: Hook, due: list[str]) -> None:
        """One event after another, up to the first that fails: after it the others would."""
        try:
            async with self._turns:
                for where in due:
                    if not await self._deliver(hook, where):
                        return
        except StateDown:
            return  # all that was not noted comes up again
        finally:
            self._busy.discard(hook)

    async def _deliver(self, hook: Hook, where: str) -> bool:
        """Whether the webhook can be given the next event."""
        async with self._claims.holding(f"webhook/{'/'.join(hook)}", seconds=CLAIM_SECONDS) as claim:
            if claim is None:
                return False
            waiting = await self._outbox.find(where)
            if waiting is None or waiting.event.given_up_at or waiting.event.next_at > self._clock.now():
                return True  # another replica was faster
            entry = await self._wanted(waiting.event)
            status = None if entry is None else await self._post(entry, waiting.event)
            if entry is None or (status is not None and 200 <= status < 300):
                await self._outbox.remove(waiting)
                if entry is not None:
                    self._posted("delivered")
                return True
            event = self._after_failure(waiting.event, status)
            self._posted("failed" if event.given_up_at is None else "given_up")
            await self._outbox.write(waiting, event)
            return False

    async def _wanted(self, event: Event) -> WebhookEntry | None:
        """The webhook, while it is there and its tenant sees the company; of its own pushes it is told in any case."""
        company = await find(self._state.store, CompanyEntry, event.environment, event.company)
        shared = company is not None and event.tenant in company.tenants
        if not shared and event.type not in EVENTS:
            return None
        return await find(self._state.store, WebhookEntry, event.tenant, event.environment, event.webhook)

    async def _post(self, entry: WebhookEntry, event: Event) -> int | None:
        """The status of the receiver's answer; None where there is none, or nothing could be sent."""
        try:
            request = await self._request(entry, event)
            with Within(self._clock.monotonic() + POST_SECONDS, self._clock):
                return (await self._wire.send(request)).status
        except (WireError, NeedsConfig, TimeoutError, ValueError) as error:
            self._log(event, why=type(error).__name__)
            return None

    async def _request(self, entry: WebhookEntry, event: Event) -> Request:
        """The attempt that begins now; raises ValueError for a webhook without a secret that signs."""
        now, body = self._clock.now(), payload(event)
        grant = await self._state.signing.find(entry.tenant, entry.environment, entry.id)
        signing = valid(grant, now) if grant is not None else []
        if not signing:
            raise ValueError("the webhook has no signing secret")
        return Request(
            method="POST",
            url=entry.url,
            headers=(
                ("content-type", "application/json"),
                ("user-agent", "ledgermesh"),
                *signed_headers(signing, id=event.id, at=now, body=body),
            ),
            body=body,
            body_bytes_max=ANSWER_BYTES_MAX,
        )

    def _after_failure(self, event: Event, status: int | None) -> Event:
        now, tries = self._clock.now(), event.tries + 1
        if tries > len(PAUSES) or status == GONE:
            self._log(event, status=status, why="given up")
            return replace(event, tries=tries, given_up_at=now)
        pause = PAUSES[tries - 1] * (1 + self._random.uniform(-JITTER, JITTER))
        return replace(event, tries=tries, next_at=now + pause)

    def _log(self, event: Event, **more: object) -> None:
        logger = structlog.get_logger("ledgermesh.webhooks")
        logger.warning("webhook not delivered", webhook=event.webhook, event_id=event.id, **more)


def payload(event: Event) -> bytes:
    """What is posted: the same bytes at every attempt."""
    return msgspec.json.encode({"type": event.type, "timestamp": instant(event.at), "data": event.data})


def _whose(waiting: Waiting) -> Hook:
    event = waiting.event
    return event.environment, event.tenant, event.webhook
