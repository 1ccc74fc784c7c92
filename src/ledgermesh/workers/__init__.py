"""Several processes that answer on one port, and the one that starts them, watches over them and ends them.

Each listens on a socket of its own (SO_REUSEPORT), so that the system spreads connections over all of them: one shared
socket would give those that come together to whoever wakes first. The parent holds every socket too: what waits for a
worker that died is taken by the next one in its place. Workers are forked from a parent that has loaded everything and
shares it with them, so that they start at once and take less memory.
"""
