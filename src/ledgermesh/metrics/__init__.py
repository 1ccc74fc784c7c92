"""Figures of one gateway for Prometheus: what is counted where it happens, and what is looked up when it is asked for.

No figure is told by tenant, company, connection or key. Those come from outside, and grow without bound with the
number of customers: a server of figures keeps each combination of labels for ever, and whoever may read figures is not
by that allowed to know who the customers are. A connection's own budget and state are in the GraphQL schema, for those
who may see it. What remains as labels is written in our own code: providers, methods, statuses, codes of errors.
"""
