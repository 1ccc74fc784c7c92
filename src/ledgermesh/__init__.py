"""ledgermesh: one live GraphQL endpoint over every set of books a company keeps.

The life of a request, in the order of the files it passes:

1. `edge/routes.py` takes `POST /graphql`, behind the layer that gives every answer its headers and its log line.
2. `edge/view.py` reads the question from HTTP, has it answered, and writes the bytes.
3. `edge/auth.py` turns the key into the one who asks; nobody without a key gets further.
4. `graph/limits/gate.py` refuses a document that is too large, too deep or too costly, before anybody is asked.
5. `graph/kept/answers.py` gives what is kept to who takes it that old, and all who ask the same at once one execution.
6. `graph/schema.py` has it parsed and validated, both remembered by its text, and executed.
7. `graph/compiled.py` runs a query that was asked before as compiled Python; graphql-core runs the others.
8. `graph/company.py` finds the company and reads filters, order and page of the list that is asked for.
9. `graph/fanout.py` puts the question to all of the company's connections at once.
10. `engine/hub.py` says which lists of one connection together hold the records that are asked for.
11. `engine/pushdown.py` decides what of filter and order the provider takes over; it may only give more, never less.
12. `engine/read.py` makes each page a call, as the definition in `providers/` describes it.
13. `upstream/stack.py` has the layers: trace, cache, coalesce, standing, retry, breaker, pace, bulkhead, sign, send.
14. `engine/mapping.py` makes the answer's rows records, whose fields are read when somebody asks for them.
15. `engine/where.py` evaluates the whole filter again on every record, whatever the provider did with it.
16. `engine/merge.py` merges the sources into one page in one order, also around those that failed.
17. `engine/cursor.py` seals the place where the page ends, for this caller and this question alone.
18. `graph/loaders.py` loads what the selection relates to and the documents do not hold, one batch a level.
19. `graph/verdicts.py` says of every source how it did, and of every failure what to do about it.
20. `graph/present.py` gives errors their code, and masks what nobody expected behind a reference.
"""
