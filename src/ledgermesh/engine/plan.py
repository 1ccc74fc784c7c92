"""From a change to a plan: references found live, requests made ready, everything wrong said; nothing is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ledgermesh.engine.change import By, Change
from ledgermesh.engine.choice import choose, choose_one
from ledgermesh.engine.closed import Closed, days_of
from ledgermesh.engine.conflicts import conflict
from ledgermesh.engine.encode import leaves, with_currency
from ledgermesh.engine.holes import holes, numbered, renumbered
from ledgermesh.engine.hub import Hub
from ledgermesh.engine.planned import Before, Finding, Loss, Plan, Step
from ledgermesh.engine.resolve import equal_to, resolve, target_of, there
from ledgermesh.engine.several import at_its_place, together
from ledgermesh.engine.steps import Made, Maker, digest_of
from ledgermesh.engine.version import (
    MISSING,
    equal,
    seen,
    value_text,
    version_of,
)
from ledgermesh.errors import LedgermeshError, NotFound, Unsupported
from ledgermesh.model.enums import PartyRole
from ledgermesh.model.mapped import input_path
from ledgermesh.model.money import Money
from ledgermesh.model.record import Record
from ledgermesh.spec.write import Compose, Draft, Part, Problem, Target, Write

SETTLED_BY_SUPPLIERS = ("Bill", "Expense", "BillPayment")
NUMBERS = ("number", "code")


async def make_plan(hub: Hub, change: Change) -> Plan:
    """The plan of one change through one connection, of one record or of several.

    Raises Unsupported where the provider has no such verb, NotFound for a record that is not there, Conflict for one
    that is not of the version the caller has seen, and whatever keeps the provider from being asked. What is wrong with
    the change itself stands in the plan's findings.
    """
    closed = Closed(hub)
    if not change.records:
        return await _Planning(hub, change, closed).plan()
    made = (_Planning(hub, each, closed).plan() for each in change.records)
    plans = await asyncio.gather(*made, return_exceptions=True)
    for place, error in enumerate(plans):
        if isinstance(error, BaseException):
            raise at_its_place(error, place) if isinstance(error, LedgermeshError) else error
    return together(hub.link, change, [plan for plan in plans if isinstance(plan, Plan)])


@dataclass(slots=True)
class _Planning:
    hub: Hub
    change: Change
    closed: Closed
    steps: list[Step] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    loss: list[Loss] = field(default_factory=list)
    asked: dict[str, Any] = field(default_factory=dict)
    downstream: bool = False

    async def plan(self) -> Plan:
        change = self.change
        record = await self._record()
        if any(map(holes, _strings(change.values))):
            self._block(
                "INVALID", "", "a text that reads like ${steps.0.id} would be taken for a hole of the plan"
            )
        resolved = await resolve(self.hub, change.values)
        self._problems(resolved.problems)
        currency = _currency(resolved.values, record, self.hub.link.settings)
        values = with_currency(resolved.values, currency)
        target = target_of(change.kind, record) if record is not None else None
        for by in resolved.made:
            await self._make(by)
        self._check_version(record, values)
        result = -1
        if not resolved.problems:
            way = choose(self.hub.provider, change.kind, change.verb, values, target)
            result = await self._way(way, values, target, record, currency)
            await self._check_duplicate(values)
        return self._whole(record, target, result)

    def _whole(self, record: Record | None, target: Target | None, result: int) -> Plan:
        change, link = self.change, self.hub.link
        if change.on_loss == "REJECT":
            self.findings.extend(
                Finding(code="LOSS", path=each.path, message=each.reason, blocks=True) for each in self.loss
            )
        rereads = bool(self.steps) and change.verb not in ("SEND", "IMPORT")
        return Plan(
            connection=link.connection,
            provider=link.provider.name,
            kind=change.kind,
            verb=change.verb,
            native_id=target.native_id if target is not None else None,
            steps=tuple(self.steps),
            result=result if self.steps else -1,
            asked=numbered(self.asked),
            version=version_of(record) if record is not None else "",
            before=_before(record, self.asked),
            findings=tuple(self.findings),
            loss=tuple(self.loss),
            calls=len(self.steps) + rereads + (record is not None and bool(self.steps)),
            downstream=self.downstream,
            digest=digest_of(change),
            chosen=change.chosen,
        )

    # -- what is known before ----------------------------------------------------------------------------------

    async def _record(self) -> Record | None:
        ref = self.change.target
        if ref is None:
            return None
        record = await there(self.hub, ref.kind, ref.native_id)
        if record is None:
            raise NotFound(f"{self.hub.provider.title} has no such {ref.kind}", details={"field": "id"})
        return record

    def _check_version(self, record: Record | None, values: Mapping[str, Any]) -> None:
        """Raise Conflict where the caller has seen another version."""
        version = self.change.if_version
        if version is None or record is None:
            return
        found = conflict(record, version, {name: value_text(value) for name, value in values.items()})
        if found is not None:
            raise found

    async def _check_duplicate(self, values: Mapping[str, Any]) -> None:
        if not (self.change.duplicate_check and self.change.verb == "CREATE"):
            return
        key = {name: values[name] for name in NUMBERS if isinstance(values.get(name), str) and values[name]}
        try:
            if key and await equal_to(self.hub, self.change.kind, key, most=1):
                [(name, value)] = list(key.items())[:1]
                self._block("DUPLICATE", name, f"there is a {self.change.kind} with {name} {value!r} already")
        except Unsupported as error:
            self.findings.append(Finding(code="UNCHECKED", path="", message=error.message))

    # -- the steps ---------------------------------------------------------------------------------------------

    async def _make(self, by: By) -> None:
        """A record that a reference names and that is not there yet."""
        values: dict[str, Any] = dict(by.key)
        if by.kinds[0] == "Party":
            values = _new_party(values, supplier=self.change.kind in SETTLED_BY_SUPPLIERS)
        try:
            way = choose(self.hub.provider, by.kinds[0], "CREATE", values, None)
        except Unsupported as error:
            self._block("UNSUPPORTED", by.path, error.message)
            return
        if isinstance(way, Compose):
            self._block("UNSUPPORTED", by.path, f"make the {by.kinds[0]} first")
            return
        made = self._maker(None).step(way, values, None, None, above=f"{by.path}.")
        # Its role is our guess, from what refers to it: nobody asked for it, so that it cannot be lost.
        made.lost = [each for each in made.lost if each[0] != f"{by.path}.roles"]
        self._take(made)

    async def _way(
        self,
        way: Write | Compose,
        values: Mapping[str, Any],
        target: Target | None,
        record: Record | None,
        currency: str | None,
    ) -> int:
        """Plan a write, or all parts of one; gives the number of the step whose record results."""
        if isinstance(way, Write):
            before = len(self.steps)
            if self.change.verb in ("CREATE", "UPDATE"):
                self.asked = {name: value_text(value) for name, value in values.items()}
            made = self._maker(currency).step(way, values, target, record)
            self.downstream = self.downstream or way.downstream
            await self._date(made, way, values, record)
            self._take(made)
            return before if len(self.steps) > before else -1
        return await self._compose(way, values, target, record, currency)

    async def _compose(
        self,
        way: Compose,
        values: Mapping[str, Any],
        target: Target | None,
        record: Record | None,
        currency: str | None,
    ) -> int:
        if self.change.verb in ("CREATE", "UPDATE"):
            self.asked = {name: value_text(value) for name, value in values.items()}
        document = target.doc if target is not None else None
        settings, more = self.hub.link.settings, self.change.passthrough
        draft = Draft(self.change.verb, values, settings, document, passthrough=more)
        self._problems(problem for check in way.checks for problem in check(draft))
        for name, value in values.items():
            if name not in way.puts:
                title = self.hub.provider.title
                self.loss.extend(
                    Loss(path=input_path(leaf), reason=f"{title} takes no {name}")
                    for leaf in leaves(value, name)
                )
        if any(finding.blocks for finding in self.findings):
            return -1
        try:
            parts = list(way.parts(draft, target))
        except ValueError as error:
            self._block("INVALID", "", f"{self.hub.provider.title}: {error}")
            return -1
        numbers: dict[int, int] = {}
        for number, part in enumerate(parts):
            numbers[number] = len(self.steps)
            await self._part(part, numbers, target, record, currency)
            if len(self.steps) == numbers[number]:
                del numbers[number]  # this part is as asked already
        return numbers.get(_resulting(way, parts), -1)

    async def _part(
        self,
        part: Part,
        numbers: Mapping[int, int],
        target: Target | None,
        record: Record | None,
        currency: str | None,
    ) -> None:
        own = part.target
        if own is not None and (
            target is None or own.native_id != target.native_id or own.kind != target.kind
        ):
            record = await there(self.hub, own.kind, own.native_id) if not holes(own.native_id) else None
        elif own is None:
            record = None
        write = choose_one(self.hub.provider, part)
        maker = self._maker(currency)
        if part.kind != self.change.kind:
            # The company's own fields and what is passed through are the record's, not those of what goes with it.
            maker = replace(maker, change=replace(self.change, passthrough={}, custom_fields={}))
        made = maker.step(write, part.values, own, record, renumber=numbers)
        self.downstream = self.downstream or write.downstream
        await self._date(made, write, part.values, record)
        self._take(made)

    async def _date(self, made: Made, write: Write, values: Mapping[str, Any], record: Record | None) -> None:
        """Note on which days a step changes the books, and block what lies where they are closed."""
        if made.step is None:
            return
        taken = self.change.verb in ("CREATE", "UPDATE", "PAY")
        days = days_of(self.hub.provider.closing, write.kind, write.verb, values, record)
        made.step = replace(
            made.step, days=tuple((input_path(name) if taken else "", day) for name, day in days)
        )
        for finding in await self.closed.findings(made.step):
            if finding not in self.findings:
                self.findings.append(finding)

    def _maker(self, currency: str | None) -> Maker:
        return Maker(
            link=self.hub.link,
            change=self.change,
            currency=currency,
            first=len(self.steps),
            digest=digest_of(self.change),
        )

    def _take(self, made: Made) -> None:
        self._problems(made.problems)
        self.loss.extend(Loss(path=input_path(path), reason=reason) for path, reason in made.lost)
        if made.step is not None:
            self.steps.append(renumbered(made.step))
        if made.asked is not None and self.asked:
            self.asked = {
                **self.asked,
                **{name: text for name, text in made.asked.items() if name in self.asked},
            }

    # -- what is wrong -----------------------------------------------------------------------------------------

    def _problems(self, problems: Iterable[Problem]) -> None:
        for each in problems:
            self._block(each.code, each.path, each.message)

    def _block(self, code: str, path: str, message: str) -> None:
        finding = Finding(code=code, path=input_path(path) if path else "", message=message, blocks=True)
        if finding not in self.findings:
            self.findings.append(finding)


def _resulting(way: Compose, parts: Sequence[Part]) -> int:
    """The part whose record results: the one that is named, else the last of the change's own kind."""
    if way.result >= 0 or not parts:
        return way.result
    own = [number for number, part in enumerate(parts) if part.kind == way.kind]
    return own[-1] if own else len(parts) - 1


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from _strings(each)
        case tuple():
            for each in value:
                yield from _strings(each)


def _currency(values: Mapping[str, Any], record: Record | None, settings: Mapping[str, str]) -> str | None:
    """The document's currency: as asked, as it stands, of the company's settings, or of the first amount."""
    asked = values.get("currency")
    if isinstance(asked, str) and asked:
        return asked
    standing = getattr(record, "currency", None) if record is not None else None
    if isinstance(standing, str) and standing:
        return standing
    return _first_currency(values) or settings.get("currency")


def _first_currency(value: Any) -> str | None:
    match value:
        case Money():
            return value.currency
        case Mapping():
            return next(filter(None, map(_first_currency, value.values())), None)
        case tuple():
            return next(filter(None, map(_first_currency, value)), None)
    return None


def _before(record: Record | None, asked: Mapping[str, Any]) -> tuple[Before, ...]:
    if record is None:
        return ()
    found = ((name, seen(record, name, wish), wish) for name, wish in asked.items())
    return tuple(
        Before(field=name, value=now) for name, now, wish in found if now != MISSING and not equal(wish, now)
    )


def _new_party(values: Mapping[str, Any], *, supplier: bool) -> dict[str, Any]:
    name = values.get("display_name") or values.get("company_name") or values.get("name")
    return {
        **{key: value for key, value in values.items() if key != "name"},
        **({"display_name": name} if name else {}),
        "roles": (PartyRole.SUPPLIER if supplier else PartyRole.CUSTOMER,),
    }
