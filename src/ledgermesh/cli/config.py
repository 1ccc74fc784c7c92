"""`ledgermesh config`: what can stand in ledgermesh.toml, for editors and for people."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import typer
from pydantic import BaseModel

from ledgermesh.settings import Settings

config = typer.Typer(no_args_is_help=True, help="What can stand in ledgermesh.toml.")


@config.command(name="schema")
def print_schema() -> None:
    """Print the JSON Schema of ledgermesh.toml, with what each setting means."""
    typer.echo(settings_schema(), nl=False)


@config.command(name="example")
def print_example() -> None:
    """Print a ledgermesh.toml with every setting and its default, all of it in comments."""
    typer.echo(example(), nl=False)


def settings_schema() -> str:
    """The JSON Schema of ledgermesh.toml, as it is committed."""
    found = Settings.model_json_schema()
    told = {model.__name__: docs(model) for model in models(Settings)}
    for name, definition in (*found.get("$defs", {}).items(), (Settings.__name__, found)):
        for field, schema in definition.get("properties", {}).items():
            schema.pop("title", None)
            if (text := told.get(name, {}).get(field)) is not None:
                schema["description"] = text
        definition.pop("title", None)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "ledgermesh.toml"}
    return json.dumps({**head, **found}, indent=2, ensure_ascii=False) + "\n"


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The model and those of its sections, each once."""
    seen: dict[str, type[BaseModel]] = {}
    waiting = [model]
    while waiting:
        each = waiting.pop()
        if each.__name__ in seen:
            continue
        seen[each.__name__] = each
        waiting += [part for field in each.model_fields.values() for part in _parts(field.annotation)]
    return iter(seen.values())


def _parts(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _parts(inner)


def docs(model: type[BaseModel]) -> Mapping[str, str]:
    """What the source says of each field, in the text below it."""
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(found, ast.ClassDef), "it is a class"
    return {
        field.target.id: " ".join(inspect.cleandoc(text.value.value).split())
        for field, text in zip(found.body, found.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


# -- an example ------------------------------------------------------------------------------------------------


def example() -> str:
    """Every setting with its meaning and its default, in comments: what is wanted is uncommented."""
    lines = ["# ledgermesh.toml: uncomment what differs. Secrets are named here, never written.", ""]
    for name, field in Settings.model_fields.items():
        (part,) = _parts(field.annotation)
        several = not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel))
        lines += _section(name, part, several=several)
    return "\n".join(lines)


def _section(name: str, part: type[BaseModel], *, several: bool) -> Iterator[str]:
    yield from _comment(part.__doc__ or "")
    yield f"# [[{name}]]" if several else f"# [{name}]"
    told, inner = docs(part), []
    for field, info in part.model_fields.items():
        parts = list(_parts(info.annotation))
        if parts:
            inner.append((f"{name}.{field}", parts[0]))
            continue
        yield from _comment(told.get(field, ""))
        required = info.is_required()
        default = None if required else info.get_default(call_default_factory=True)
        if required or default is None:
            yield f"# {field} = # {'required' if required else 'not set'}"
        else:
            yield f"# {field} = {_toml(default)}"
    yield ""
    for place, each in inner:
        yield from _section(place, each, several=False)


def _comment(text: str) -> Iterator[str]:
    if text:
        yield f"#   {' '.join(text.split())}"


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    return json.dumps(value, default=str)
