"""What is taken back when an object is looked at again: how long the lists were that completing it adds to."""

from __future__ import annotations

from collections.abc import Iterator

from ledgermesh.compiler.plan import Level, Place, item

Lines = Iterator[str]


def is_long(place: Place) -> bool:
    """Whether this is a list of objects, which may be long."""
    inside = item(place.type)
    return bool(place.levels) and inside is not None and item(inside) is None


def marks_of(level: Level) -> list[str]:
    """Lists that completing this object may add to before it fails."""
    below = [each for each in level.inside() if each is not level]
    return _marked(below, [place for each in level.inside() for place in each.places if not place.called])


def marks_at(place: Place, *, itself: bool = True) -> list[str]:
    """The same for what stands at a place."""
    levels = [each for level in place.levels.values() for each in level.inside()]
    return _marked(
        levels,
        [
            *([place] if itself else []),
            *(inner for each in levels for inner in each.places if not inner.called),
        ],
    )


def _marked(levels: list[Level], places: list[Place]) -> list[str]:
    found = ["later"] if any(is_long(place) for place in places) else []
    for level in levels:
        if level.called:
            found += [f"objects_{level.id}", f"structs_{level.id}"]
    return found


def name_marked(marks: list[str]) -> Lines:
    """Statements that give these lists of the run the names that they have below."""
    for mark in marks:
        name, _, level = mark.partition("_")
        yield f"{mark} = run.{name}{f'[{level}]' if level else ''}"


def set_marks(marks: list[str]) -> Lines:
    """Statements that remember how long they are."""
    for mark in marks:
        yield f"had_{mark} = len({mark})"


def back_to_marks(marks: list[str]) -> Lines:
    """Statements that make them as long again."""
    for mark in marks:
        yield f"del {mark}[had_{mark}:]"
