"""How the gateway answers queries: on compiled code or not, from when on, and how often both ways are compared."""

from __future__ import annotations

from msgspec import Struct


class Compiling(Struct, frozen=True, kw_only=True):
    """The switch and its two figures."""

    on: bool = True
    """Whether queries run on compiled code where they can; graphql-core answers all of them otherwise."""
    from_time: int = 2
    """A document is compiled when it is asked for the so-manieth time; most that come once never come again."""
    shadow_every: int = 0
    """One in so many compiled answers is made again by graphql-core and compared; 0 for none."""
