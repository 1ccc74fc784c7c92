"""Sizes that keep a file readable in one sitting and a function on one screen."""

from __future__ import annotations

from functools import cache
from itertools import chain
from statistics import median, quantiles

from tests.shape.sources import Function, Module, functions, sources, suites

FILE_MEDIAN = 120
FILE_MAX = 400
FUNCTION_P90 = 25
FUNCTION_MAX = 60
NESTING_MAX = 4
POSITIONAL_MAX = 7


def ours() -> list[Module]:
    """The package and its tests."""
    return [*sources().values(), *suites().values()]


def length(module: Module) -> int:
    """Lines of a file."""
    return module.text.count("\n")


@cache
def all_functions() -> tuple[Function, ...]:
    """Every function of the package and of its tests."""
    return tuple(chain.from_iterable(functions(module) for module in ours()))


def test_half_of_the_files_are_short() -> None:
    """The median file of the package, package files left out, can be read at a glance."""
    named = [module for module in sources().values() if module.path.name != "__init__.py"]

    assert median(map(length, named)) <= FILE_MEDIAN


def test_no_file_is_long() -> None:
    """A file that outgrows the limit holds two nouns."""
    assert [f"{module.place}: {length(module)}" for module in ours() if length(module) > FILE_MAX] == []


def test_most_functions_are_short() -> None:
    """Nine of ten functions of the package fit between two others on a screen."""
    found = chain.from_iterable(functions(module) for module in sources().values())

    assert quantiles([each.lines for each in found], n=10)[-1] <= FUNCTION_P90


def test_no_function_is_long() -> None:
    """No function is longer than a screen, its docstring left out."""
    assert [f"{each.where}: {each.lines}" for each in all_functions() if each.lines > FUNCTION_MAX] == []


def test_no_function_is_deep() -> None:
    """Blocks stand in each other only so deep."""
    assert [f"{each.where}: {each.nesting}" for each in all_functions() if each.nesting > NESTING_MAX] == []


def test_no_function_takes_many_values_by_position() -> None:
    """Who gives more than a handful of values names them."""
    wrong = [
        f"{each.where}: {each.positional}" for each in all_functions() if each.positional > POSITIONAL_MAX
    ]

    assert wrong == []
