"""What compiled operations do beside giving the right answer: batches, slices, refusals, replays, counting."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from aiodataloader import DataLoader
from graphql import GraphQLError, GraphQLSchema, build_schema, execute, parse

from ledgermesh.compiler.extension import Compiler, Limits, Request
from ledgermesh.compiler.terms import Options, Refusal, Replay
from tests.compiler.world import Later, Record

SDL = """
directive @quiet on FIELD
directive @loud on FIELD
type Query { things(first: Int): [Thing!]! thing: Thing strict: Thing! slow: Thing after: Thing broken: Thing! }
type Thing { id: ID! name: String owner: Owner strict: String! things: [Thing!] }
type Owner { id: ID! name: String! }
type Mutation { touch: Int }
type Subscription { ticks: Int }
"""


class Time:
    """A clock that moves by a step at each look."""

    def __init__(self, step: float = 0.0) -> None:
        self.now = 0.0
        self.step = step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def things(count: int) -> list[Record]:
    return [Record(id=f"t{number}", name=None, strict="s", number=number) for number in range(count)]


def schema_of(**resolvers: Any) -> GraphQLSchema:
    """The schema with resolvers by `Type_field`."""
    schema = build_schema(SDL)
    for name, resolve in resolvers.items():
        type_name, _, field = name.partition("_")
        of: Any = schema.type_map[type_name]
        of.fields[field].resolve = resolve
    return schema


def compiler_of(schema: GraphQLSchema, clock: Time | None = None, **options: Any) -> Compiler:
    return Compiler(schema, clock=clock or Time(), options=Options(**options))


def request(text: str, root: Any = None, **variables: Any) -> Request:
    return Request(text=text, document=parse(text), root=root, variables=variables)


def owner(number: int) -> Record:
    return Record(id=f"o{number}", name=f"Owner {number}")


async def test_a_level_loads_in_one_batch() -> None:
    """Resolvers of a whole level, of both aliases, reach a data loader before it loads."""
    batches: list[list[int]] = []

    async def load(keys: Sequence[int]) -> list[Record]:
        batches.append(list(keys))
        return [owner(key) for key in keys]

    loader: DataLoader[int, Any] = DataLoader(batch_load_fn=load)

    async def resolve(source: Any, info: Any) -> Any:
        return await loader.load(source.number % 3)

    compiler = compiler_of(
        schema_of(Query_things=lambda root, info, **given: things(50), Thing_owner=resolve)
    )

    answer = await compiler.answer(request("{ things { a: owner { id } b: owner { name } } }"))

    assert [sorted(keys) for keys in batches] == [[0, 1, 2]]
    assert json.loads(answer.data or b"")["things"][4] == {"a": {"id": "o1"}, "b": {"name": "Owner 1"}}


async def test_a_field_may_be_resolved_a_level_at_a_time() -> None:
    """A batch function is called once for all objects; an exception among its values is that object's error."""
    asked: list[int] = []

    async def owners(sources: Sequence[Any], info: Any) -> list[Any]:
        asked.append(len(sources))
        return [ValueError("no owner") if each.number == 1 else owner(each.number) for each in sources]

    schema = schema_of(Query_things=lambda root, info, **given: things(3))
    compiler = compiler_of(schema, many=lambda parent, name, definition: owners if name == "owner" else None)

    answer = await compiler.answer(request("{ things { owner { id } } }"))

    assert asked == [3]
    assert json.loads(answer.data or b"")["things"] == [
        {"owner": {"id": "o0"}},
        {"owner": None},
        {"owner": {"id": "o2"}},
    ]
    assert [(each.message, each.path) for each in answer.errors] == [("no owner", ["things", 1, "owner"])]


async def test_siblings_do_not_wait_for_each_other() -> None:
    """What lies below a quick field is loaded while a slow one beside it is still on its way."""
    gate, reached = asyncio.Event(), asyncio.Event()

    async def slow(root: Any, info: Any) -> Any:
        await gate.wait()
        return things(1)[0]

    async def quick(root: Any, info: Any) -> Any:
        return things(1)[0]

    async def owned(source: Any, info: Any) -> Any:
        reached.set()
        return owner(1)

    compiler = compiler_of(schema_of(Query_slow=slow, Query_after=quick, Thing_owner=owned))
    running = asyncio.ensure_future(compiler.answer(request("{ slow { id } after { owner { id } } }")))
    await asyncio.wait_for(reached.wait(), 5)
    gate.set()

    answer = await running

    assert answer.data == b'{"slow":{"id":"t0"},"after":{"owner":{"id":"o1"}}}'


async def test_a_long_list_lets_others_have_the_event_loop() -> None:
    """No more than some values are completed between two looks at the clock, and time over the slice is given away."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    schema = schema_of(Query_things=lambda root, info, **given: things(4000))
    compiler = compiler_of(schema, Time(step=0.001), slice_seconds=0.005)
    beside = asyncio.ensure_future(other())

    answer = await compiler.answer(request("{ things { id name } }"))
    beside.cancel()

    # 4,000 values, 8 between two looks, 6 looks a slice; then writing.
    assert turns > 4000 / 8 / 7
    assert len(json.loads(answer.data or b"")["things"]) == 4000


async def test_a_short_time_is_not_given_away() -> None:
    """A long list that is done within the slice is completed without a pause."""
    schema = schema_of(Query_things=lambda root, info, **given: things(1000))
    compiler = compiler_of(schema, Time())
    running = compiler.answer(request("{ things { id } }"))

    with pytest.raises(StopIteration) as ended:
        running.send(None)

    assert len(json.loads(ended.value.value.data)["things"]) == 1000


async def test_the_same_object_is_completed_once() -> None:
    """An object that many others refer to is read once, and its error is told at each place."""
    reads: list[str] = []

    class Shared:
        id = "o"

        @property
        def name(self) -> str:
            reads.append("name")
            return "Owner"

    shared = Shared()
    schema = schema_of(
        Query_things=lambda root, info, **given: things(20), Thing_owner=lambda source, info: shared
    )

    answer = await compiler_of(schema).answer(request("{ things { owner { id name } } }"))

    assert len(reads) == 1
    assert (
        answer.data
        == json.dumps(
            {"things": [{"owner": {"id": "o", "name": "Owner"}}] * 20}, separators=(",", ":")
        ).encode()
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("mutation { touch }", "mutation"),
        ("subscription { ticks }", "subscription"),
        ("{ __schema { types { name } } }", "introspection"),
        ("{ thing { id ... @defer { name } } }", "@defer"),
        ("{ thing @loud { id } }", "@loud"),
        ("query A { thing { id } } query B { thing { id } }", "operation not clear"),
        ("{ " + " ".join(f"a{number}: thing {{ id }}" for number in range(60)) + " }", "too large"),
    ],
)
async def test_what_is_not_compiled_is_refused_and_counted(text: str, reason: str) -> None:
    """Operations that graphql-core has to answer are refused by their kind, before any resolver runs."""
    compiler = compiler_of(schema_of(), fields_max=100, inert=frozenset({"quiet"}))

    with pytest.raises(Refusal) as refused:
        await compiler.answer(request(text))

    assert refused.value.reason == reason
    assert compiler.counts == {("interpreted", reason): 1}


async def test_inert_directives_are_compiled() -> None:
    """A directive that only resolvers look at changes nothing."""
    compiler = compiler_of(schema_of(), inert=frozenset({"quiet"}))

    answer = await compiler.answer(request("{ thing @quiet { id } }", Record(thing=things(1)[0])))

    assert answer.data == b'{"thing":{"id":"t0"}}'
    assert compiler.counts == {("compiled", ""): 1}


async def test_wrong_variables_are_told_as_graphql_core_tells_them() -> None:
    """Nothing is executed, and the errors are the reference's."""
    schema, text = schema_of(), "query($first: Int!) { things(first: $first) { id } }"
    expected = execute(schema, parse(text), variable_values={"first": "x"})

    answer = await compiler_of(schema).answer(request(text, first="x"))

    assert answer.data is None
    assert [each.message for each in answer.errors] == [
        each.message for each in getattr(expected, "errors", [])
    ]


async def test_conditions_are_compiled_for_their_values() -> None:
    """The same text with other values of @skip and @include is another operation."""
    text = "query($yes: Boolean!) { thing { id name @include(if: $yes) } }"
    compiler, root = compiler_of(schema_of()), Record(thing=things(1)[0])

    found = [(await compiler.answer(request(text, root, yes=yes))).data for yes in (True, False, True)]

    assert found == [
        b'{"thing":{"id":"t0","name":null}}',
        b'{"thing":{"id":"t0"}}',
        b'{"thing":{"id":"t0","name":null}}',
    ]


async def test_one_null_goes_up_natively() -> None:
    """An error where null may not stand makes the next place above null, without graphql-core."""

    def fail(root: Any, info: Any) -> Any:
        raise ValueError("no")

    compiler = compiler_of(schema_of(Query_broken=fail))

    answer = await compiler.answer(request("{ thing { id } broken { id } }", Record(thing=None)))

    assert answer.data == b"null"
    assert [(each.message, each.path) for each in answer.errors] == [("no", ["broken"])]
    assert compiler.counts == {("compiled", ""): 1}


async def test_a_replay_asks_no_resolver_again() -> None:
    """What compiled code was not made for raises Replay, whose memo answers graphql-core's run."""
    calls: list[str] = []

    async def found(root: Any, info: Any, **given: Any) -> Any:
        calls.append(info.field_name)
        return [Record(id="t", name=Later("late"))]

    schema, text = schema_of(Query_things=found), "{ things { id name } }"
    compiler = compiler_of(schema)

    with pytest.raises(Replay) as replay:
        await compiler.answer(request(text))
    result: Any = execute(schema, parse(text), middleware=[replay.value.memo])

    assert (await result).data == {"things": [{"id": "t", "name": "late"}]}
    assert calls == ["things"]
    assert compiler.counts == {("replayed", "an awaitable in a plain field"): 1}


async def test_an_operation_that_is_often_replayed_is_given_up_for_a_while() -> None:
    """After three replays in a hundred runs it is refused for ten minutes, then tried again."""
    time, value = Time(), ["odd", Later("x")]
    compiler = Compiler(schema_of(), clock=time, limits=Limits())
    text = "{ thing { name } }"

    async def ask(name: Any) -> str:
        try:
            await compiler.answer(request(text, Record(thing=Record(name=name))))
        except (Refusal, Replay) as no:
            return no.reason
        return "compiled"

    bad = [await ask(value[1]) for _ in range(3)]
    given_up = await ask(value[0])
    time.now += 600
    again = await ask(value[0])

    assert bad == ["an awaitable in a plain field"] * 3
    assert (given_up, again) == ("replayed too often", "compiled")


async def test_code_is_kept_within_bounds() -> None:
    """The operation that was not asked for longest is forgotten."""
    compiler = Compiler(schema_of(), clock=Time(), limits=Limits(documents_max=2))
    texts = ["{ thing { id } }", "{ thing { name } }", "{ slow { id } }"]
    first = compiler.find(request(texts[0]))

    assert compiler.find(request(texts[0])) is first
    for text in texts[1:]:
        compiler.find(request(text))
    assert compiler.find(request(texts[0])) is not first


async def test_a_bug_in_compiled_code_is_a_replay() -> None:
    """Whatever compiled code raises is counted and left to graphql-core."""

    def encode(value: Any) -> bytes:
        raise KeyError("a bug")

    compiler = compiler_of(schema_of(), encode=encode)

    with pytest.raises(Replay, match="KeyError in compiled code"):
        await compiler.answer(request("{ thing { id } }", Record(thing=None)))


async def test_resolvers_may_raise_errors_with_extensions() -> None:
    """What a resolver says with its error reaches the caller."""

    def fail(root: Any, info: Any) -> Any:
        raise GraphQLError("no", extensions={"code": "NO"})

    answer = await compiler_of(schema_of(Query_thing=fail)).answer(request("{ thing { id } }"))

    assert [(each.message, each.extensions) for each in answer.errors] == [("no", {"code": "NO"})]


def test_options_are_values() -> None:
    """Options are frozen, so that compiled code cannot outlive what it was compiled for."""
    with pytest.raises(AttributeError):
        Options().fields_max = 1  # type: ignore[misc]  # the point

    assert replace(Options(), fields_max=1).fields_max == 1
