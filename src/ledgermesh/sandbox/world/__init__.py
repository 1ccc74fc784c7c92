"""The sandbox's world: every demo company's books, made once from a day, a seed and a size."""

from ledgermesh.sandbox.world.make import World, make_world

__all__ = ["World", "make_world"]
