"""Hold what callers were told against the provider's own books, and against its log of requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledgermesh.sync.status import ATTEMPTS_MAX
from tests.sync.storm.cases import Case


def judged(cases: Sequence[Case], books: Mapping[str, Any], sent: Mapping[int, int]) -> list[str]:
    """All that is wrong. `sent` has how often each invoice was sent, but for requests that were plainly refused."""
    return [
        f"{case.name} {case.way}: {words} ({_counted(case)})"
        for case in cases
        for words in _wrong(case, books, sent)
    ]


def _wrong(case: Case, books: Mapping[str, Any], sent: Mapping[int, int]) -> Iterator[str]:
    there, states = case.there(books), {told.status for told in case.told}
    if len(there) > 1 or len(case.customers(books)) > 1:
        yield f"done {len(there)} times, for {len(case.customers(books))} customers"
    if "COMMITTED" in states and len(there) != 1:
        yield f"COMMITTED, and there are {len(there)}"
    if states == {"NOT_COMMITTED"} and there:
        yield "NOT_COMMITTED, and it is there"
    if case.way == "LETTER" and sent.get(case.invoice[1], 0) > 1:
        yield f"sent {sent[case.invoice[1]]} times"
    if open_ := states - {"COMMITTED", "NOT_COMMITTED", "INDETERMINATE"}:
        yield f"no outcome: {', '.join(sorted(open_))}"
    told = {each.native_id for each in case.told if each.status == "COMMITTED" and each.native_id}
    if case.way != "LETTER" and told - {str(id) for id in there}:
        yield f"told {sorted(told)} for {there}"


def unended(cases: Sequence[Case], last: Mapping[str, str], sent: Mapping[int, int]) -> list[str]:
    """Keys that had another end than they must when they were asked once more, with nothing in the way any more.

    What leaves a trace is there then. Of a letter nobody knows for ever, but only where it may have been sent. And what
    is several requests stays unknown where it was given up between them: what the key is planned for then is less.
    """
    wrong = []
    for case in cases:
        status = last.get(case.name, "nothing")
        quiet = all(told.attempts <= 1 for told in case.told) and not sent.get(case.invoice[1], 0)
        given_up = case.way == "INVOICE" and any(f"{ATTEMPTS_MAX} times" in told.code for told in case.told)
        unknown = status == "INDETERMINATE" and (given_up or (case.way == "LETTER" and not quiet))
        if status != "COMMITTED" and not unknown:
            wrong.append(f"{case.name} {case.way}: ended {status} ({_counted(case)})")
    return wrong


def mails(log: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """How often each invoice was sent, by the provider's log; what it plainly refused (4xx) was not."""
    found: Counter[int] = Counter()
    for each in log:
        words = str(each["path"]).split("/")
        if words[-1] == "email" and not 400 <= (each["status"] or 0) < 500:
            found[int(words[-2])] += 1
    return found


def _counted(case: Case) -> str:
    told = Counter(f"{each.status} {each.code}".strip() for each in case.told)
    return f"asked {case.asked} times, told {dict(told)}"
