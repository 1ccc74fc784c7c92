"""`ledgermesh doctor`: what is wrong with a gateway's settings, keys, connections and surroundings, and what to do."""
