"""Statements that call the resolver of a field: by itself where that is the same, else as the schema has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from graphql import default_field_resolver

from ledgermesh.compiler.arguments import Given
from ledgermesh.compiler.plan import Place
from ledgermesh.compiler.terms import Direct

Lines = Iterator[str]
Name = Callable[[str, Any], str]
"""Makes a value known to the generated code by this name; gives the name."""


def calls(place: Place, name: Name) -> Lines:
    """The function `call_<number of the place>`: of the objects it is given, the outcome for each."""
    if place.direct is not None and place.given is not None:
        yield from _directly(place, name, place.direct, place.given)
        return
    named = name(f"place_{place.id}", place)
    resolve = name(f"resolve_{place.id}", place.many or place.definition.resolve or default_field_resolver)
    given = "" if place.arguments == {} else ", **arguments"
    yield ""
    yield f"def call_{place.id}(run, objects):  # {place.above.title}: {place.key}"
    yield "    try:"
    if given:
        yield f"        arguments = run.arguments({named})"
    yield f"        found = run.info({named})"
    if place.many is not None:
        yield f"        return {resolve}(objects, found{given})"
    yield "    except Exception as error:"
    yield "        return [error] * len(objects)"
    if place.many is None:
        yield from _each_of(f"{resolve}(o, found{given})")


def _directly(place: Place, name: Name, direct: Direct, given: Given) -> Lines:
    """The resolver by itself; whatever is not as usual is said on the usual way."""
    named, made = name(f"place_{place.id}", place), f"{name(f'given_{place.id}', given)}(run.asked.variables)"
    yield ""
    yield f"def call_{place.id}(run, objects):  # {place.above.title}: {place.key}"
    yield "    try:"
    if direct.check is not None:
        yield f"        {name(f'check_{place.id}', direct.check)}(run.asked.context)"
    # Where they may be changed each object has its own: all are made before the first resolver runs.
    yield f"        arguments = {made if given.shared else f'[{made} for o in objects]'}"
    if direct.info is not None:
        yield f"        found = run.wrapped({named})"
    yield "    except Exception:"
    yield f"        return run.usual({named}, objects)"
    parts = (
        *(("o",) if direct.source else ()),
        *((f"{direct.info}=found",) if direct.info is not None else ()),
        "**arguments" if given.shared else "**mine",
    )
    call = f"{name(f'function_{place.id}', direct.function)}({', '.join(parts)})"
    yield from _each_of(call, "o in objects" if given.shared else "o, mine in zip(objects, arguments)")


def _each_of(call: str, each: str = "o in objects") -> Lines:
    """The outcome for each object: what the call gives, or raises."""
    yield "    column = []"
    yield f"    for {each}:"
    yield "        try:"
    yield f"            column.append({call})"
    yield "        except Exception as error:"
    yield "            column.append(error)"
    yield "    return column"
