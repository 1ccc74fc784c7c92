"""What every gateway of a process may share, made once: the types of the schema, and the catalogue of providers."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import cache

from graphql import GraphQLSchema, build_schema

from ledgermesh.graph.catalogue import catalogue
from ledgermesh.graph.kinds import NAMES
from ledgermesh.graph.known import AsKnown, Known
from ledgermesh.graph.schema import Schema, make_schema
from ledgermesh.model.platform import Provider
from ledgermesh.providers import discover


def shared_schema() -> Schema:
    """The schema as if it had just been made: of its types, which take longest to make, nothing changes; what it
    learns, which is the documents it was asked, begins anew.
    """
    known, made = Known(), copy(_types())
    made.known = known
    made.extensions = (lambda: AsKnown(known),)
    return made


@cache
def shared_providers() -> Mapping[str, Provider]:
    """All providers there are, as the schema shows them."""
    return catalogue(discover(NAMES))


@cache
def _types() -> Schema:
    return make_schema()


@cache
def printed_schema() -> GraphQLSchema:
    """The schema as callers read it: made of its text."""
    return build_schema(shared_schema().as_str())
