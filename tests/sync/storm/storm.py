"""The storm itself: `python -m tests.sync.storm.storm RETRIES KILLS SEED [KEYS]` prints what it found as JSON.

Callers ask three gateways for the same changes under the same keys, again and again; gateways are killed meanwhile and
replaced, and the provider drops connections before and after the effect, answers 5xx after it, or nothing in time.
Then there is calm, every key is asked for once more, and the provider's own books are held against what was told.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx

from tests.sync.storm.cases import CANARY, INVOICES, Case, Told, Way, cases
from tests.sync.storm.gateways import LEASES
from tests.sync.storm.judge import judged, mails, unended
from tests.sync.storm.provider import COMPANY
from tests.sync.storm.town import START_SECONDS, Town, town

STORM_SECONDS: Final = 10.0
"""How long it lasts for every hundred retries."""
KILL_SECONDS: Final = 2.0
"""And for every kill: what is interrupted five times is given up, which is not what this looks for."""
CALM_SECONDS: Final = 90.0
"""In which everything that was accepted has to have its outcome, and again every key that was asked once more."""
POLL_SECONDS: Final = 0.25
TIMEOUT_SECONDS: Final = 20.0
BUSY_SECONDS: Final = 5.0
BUSY_JOBS: Final = 3
FAULTS: Final[tuple[Mapping[str, Any], ...]] = (
    {"kind": "drop"},
    {"kind": "truncate", "keep_bytes": 0},
    {"kind": "status", "status": 500, "effect": True},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
    {"kind": "html", "status": 200},
    # No answer in time: without the effect, and after it.
    {"kind": "latency", "seconds": LEASES.claim_seconds},
    {"kind": "drip", "seconds": LEASES.claim_seconds},
)
PATHS: Final[Mapping[str, frozenset[Way]]] = {
    "/api/businesses/*/contacts": frozenset(("PARTY", "INVOICE")),
    "/api/businesses/*/records/*": frozenset(("INVOICE",)),
    "/api/records/*/email": frozenset(("LETTER",)),
}
"""Of requests that change something, and which keys make them."""
FAULT_EVERY: Final = 3
"""Such requests."""
STATUS: Final = """query($id: ID!) { sync(id: $id) { status parts { clientKey attempts endedAt source {
  status replayed evidence error { code message } record { id source { nativeId } } } } } }"""


@dataclass
class Report:
    """What was done, and what is wrong."""

    keys: int = 0
    asked: int = 0
    unanswered: Counter[str] = field(default_factory=Counter)
    """Requests whose gateway was gone or went before its answer, or that it could not answer then, by why."""
    kills: int = 0
    faults: int = 0
    """Requests that were spoiled."""
    syncs: int = 0
    begun_again: int = 0
    """Parts that another gateway went on with."""
    told: dict[str, int] = field(default_factory=dict)
    unaccepted: dict[str, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    """After the start, the storm, its end, and the last round."""
    wrong: list[str] = field(default_factory=list)
    unended: list[str] = field(default_factory=list)
    readable: list[str] = field(default_factory=list)
    left: int = 0
    """Bodies of jobs in the store."""


class Storm:
    """Over one town."""

    def __init__(self, place: Town, seed: int) -> None:
        self._place = place
        self._random = Random(seed)
        self._http = httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS, headers={"Authorization": "Bearer lm_demo_write"}
        )
        self.report = Report()

    async def run(self, *, retries: int, kills: int, keys: int, seed: int) -> Report:
        """All of it."""
        async with self._http:
            made = cases(keys, seed, await self._invoices(keys))
            began = time.monotonic()
            await self._blow(made, retries, kills)
            self.report.seconds.append(round(time.monotonic() - began, 1))
            await self._end(made)
            self.report.seconds.append(round(time.monotonic() - began, 1))
            await self._look(made)
            last = await self._once_more(made)
            await self._look(made)
            self.report.seconds.append(round(time.monotonic() - began, 1))
            self.report.unended = unended(made, last, await self._mails())
        for why in (each for case in made for each in case.unaccepted):
            self.report.unaccepted[why] = self.report.unaccepted.get(why, 0) + 1
        self.report.keys, self.report.kills = keys, self._place.kills
        self.report.asked = sum(case.asked for case in made)
        return self.report

    # -- while it blows ----------------------------------------------------------------------------------------

    async def _blow(self, made: list[Case], retries: int, kills: int) -> None:
        seconds = max(STORM_SECONDS * retries / 100, KILL_SECONDS * kills)
        often = [self._random.choice(made) for _ in range(max(retries - len(made), 0))]
        moments = sorted(self._random.uniform(0.0, seconds) for _ in range(kills))
        await self._spoil(made)
        async with asyncio.TaskGroup() as group:
            for case in [*made, *often]:
                group.create_task(self._ask_at(self._random.uniform(0.0, seconds), case))
            group.create_task(self._kill_at(moments))
        faults = (await self._place.control("GET", "/_control/faults"))["faults"]
        self.report.faults = sum(each["spoiled"] for each in faults)
        await self._place.control("DELETE", "/_control/faults")

    async def _spoil(self, made: list[Case]) -> None:
        """One request each, somewhere among all: there are about as many as keys."""
        for path, ways in PATHS.items():
            count = sum(case.way in ways for case in made)
            for after in self._random.sample(range(count), count // FAULT_EVERY):
                fault = self._random.choice(FAULTS)
                where = {"provider": "kashoo", "method": "POST", "path": path, "after": after, "times": 1}
                await self._place.control("POST", "/_control/faults", {**where, **fault})

    async def _kill_at(self, moments: list[float]) -> None:
        """One at a time, but once all of them, with work in their hands."""
        began = time.monotonic()
        for number, moment in enumerate(moments):
            await asyncio.sleep(max(0.0, moment - (time.monotonic() - began)))
            if number == len(moments) // 2:
                await self._busy()
                victims = list(self._place.ports)
            else:
                victims = [self._random.choice(self._place.ports)]
                await self._ready()
            for port in victims:
                self._place.kill(port)
            for port in victims:
                await asyncio.to_thread(self._place.start, port)

    async def _ready(self) -> None:
        """Return when two gateways answer, so that one is left."""
        async with asyncio.timeout(START_SECONDS):
            while sum([await self._answers(url) for url in self._place.urls]) < 2:
                await asyncio.sleep(0.1)

    async def _busy(self) -> None:
        """Return when some jobs are under way, or when there are none for long."""
        with suppress(TimeoutError), self._place.valkey.admin() as admin:
            async with asyncio.timeout(BUSY_SECONDS):
                while admin.xpending("lm:queue", "workers")["pending"] < BUSY_JOBS:
                    await asyncio.sleep(0.02)

    async def _answers(self, url: str) -> bool:
        try:
            return (await self._http.get(f"{url}/readyz")).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    async def _ask_at(self, seconds: float, case: Case) -> None:
        await asyncio.sleep(seconds)
        await self._ask(case)

    async def _ask(self, case: Case) -> str | None:
        """Have it pushed, by whichever gateway is there; its sync id, or None where there is none."""
        document, variables = case.operation
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            case.asked += 1
            answer = await self._answer(document, variables)
            if answer is None:
                await asyncio.sleep(self._random.uniform(0.1, 0.6))
                continue
            return self._taken(case, answer)
        raise TimeoutError(f"no gateway took {case.name}: {self.report.unanswered}")

    def _taken(self, case: Case, answer: Any) -> str | None:
        [payload] = (answer.get("data") or {"": None}).values()
        if payload is None:
            case.unaccepted.append(str(answer["errors"][0]["extensions"]["code"]))
            return None
        if payload["syncId"] is not None:
            case.syncs.add(payload["syncId"])
            return str(payload["syncId"])
        [source] = payload["sources"]
        if source["status"] == "COMMITTED":
            case.told.append(Told(status="COMMITTED", replayed=True))
        else:
            error = source["error"] or {}
            case.unaccepted.append(f"{source['status']} {error.get('code')}: {error.get('message')}")
        return None

    async def _answer(self, document: str, variables: Mapping[str, Any]) -> Any:
        """None where the gateway is gone, or cannot answer now."""
        url = self._random.choice(self._place.urls)
        try:
            asked = {"query": document, "variables": variables}
            answer = await self._http.post(f"{url}/graphql", json=asked)
        except httpx.TransportError as error:
            self.report.unanswered[type(error).__name__] += 1
            return None
        if answer.status_code != httpx.codes.OK:
            self.report.unanswered[str(answer.status_code)] += 1
            return None
        return answer.json()

    # -- when it is over ---------------------------------------------------------------------------------------

    async def _invoices(self, keys: int) -> list[tuple[str, int]]:
        asked = {"company": COMPANY, "first": min(keys, 20)}
        answer = await self._answer(INVOICES, asked)
        nodes = answer["data"]["company"]["invoices"]["nodes"]
        return [(node["id"], int(node["source"]["nativeId"].rpartition(":")[2])) for node in nodes]

    async def _end(self, made: list[Case]) -> None:
        """Until every sync has its outcome."""
        async with asyncio.timeout(CALM_SECONDS):
            for case in made:
                for id in sorted(case.syncs):
                    case.told.append(await self._ended(id))
        self.report.syncs = sum(len(case.syncs) for case in made)
        self.report.begun_again = sum(told.attempts > 1 for case in made for told in case.told)
        for told in (each for case in made for each in case.told):
            word = f"{told.status} {told.code}".strip()
            self.report.told[word] = self.report.told.get(word, 0) + 1

    async def _ended(self, id: str) -> Told:
        while True:
            answer = await self._answer(STATUS, {"id": id})
            found = answer and answer.get("data") and answer["data"]["sync"]
            if answer is not None and answer.get("data") and found is None:
                return Told(status="FORGOTTEN")
            if found and found["parts"][0]["endedAt"] is not None:
                return _told(found["parts"][0])
            await asyncio.sleep(POLL_SECONDS)

    async def _once_more(self, made: list[Case]) -> dict[str, str]:
        """How each key ends now; those that a breaker still refuses are asked again."""
        async with asyncio.timeout(CALM_SECONDS):
            return dict(await asyncio.gather(*(self._settled(case) for case in made)))

    async def _settled(self, case: Case) -> tuple[str, str]:
        while True:
            id = await self._ask(case)
            told = await self._ended(id) if id is not None else (case.told or [Told(status="nothing")])[-1]
            if id is not None:
                case.told.append(told)
            if told.status != "NOT_COMMITTED":
                return case.name, told.status
            await asyncio.sleep(1.0)

    async def _look(self, made: list[Case]) -> None:
        books = await self._place.control("GET", "/_books")
        self.report.wrong += judged(made, books, await self._mails())

    async def _mails(self) -> dict[int, int]:
        return mails((await self._place.control("GET", "/_control/log"))["requests"])


def _told(part: Mapping[str, Any]) -> Told:
    source = part["source"]
    error, record = source["error"], source["record"]
    return Told(
        status=source["status"],
        native_id=record["source"]["nativeId"].rpartition(":")[2] if record is not None else None,
        replayed=source["replayed"],
        attempts=part["attempts"],
        evidence=source["evidence"] or "",
        code=f"{error['code']}: {error['message']}" if error is not None else "",
    )


async def blown(place: Town, *, retries: int, kills: int, keys: int, seed: int) -> Report:
    """A storm over a town whose gateways are not up yet."""
    for port in place.ports:
        place.start(port)
    await asyncio.to_thread(place.wait)
    storm = Storm(place, seed)
    report = await storm.run(retries=retries, kills=kills, keys=keys, seed=seed)
    report.readable = place.readable([CANARY])
    with place.valkey.admin() as admin:
        report.left = int(admin.zcard("lm:i/job")) + int(admin.xlen("lm:queue"))
    return report


def main() -> None:
    """See above."""
    retries, kills, seed, *more = map(int, sys.argv[1:])
    keys = more[0] if more else max(retries // 6, 4)
    with tempfile.TemporaryDirectory() as folder, town(Path(folder)) as place:
        report = asyncio.run(blown(place, retries=retries, kills=kills, keys=keys, seed=seed))
    print(json.dumps(vars(report), indent=1))


if __name__ == "__main__":
    main()
