// What a program makes of the generated documents: node use.js URL KEY. Prints what the query answers, in brief.
import { print } from 'graphql';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { NewestInvoicesDocument } from '../build/typed/graphql.js';
import type { NewestInvoicesQuery } from '../build/typed/graphql.js';

declare const process: { argv: string[] };
const [url, key] = process.argv.slice(2) as [string, string];

async function ask<Data, Variables>(query: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: print(query), variables }),
  });
  const { data, errors } = (await answer.json()) as { data?: Data; errors?: { message: string }[] };
  if (!data) throw new Error(errors?.[0]?.message);
  return data;
}

const found: NewestInvoicesQuery = await ask(NewestInvoicesDocument, { company: 'grand-tour' });
const totals = (found.company?.invoices.nodes ?? []).map((invoice) => invoice.total?.currency ?? null);
// @ts-expect-error: there is no such field, and the compiler says so.
const wrong = found.company?.nothing;
// @ts-expect-error: and the variables have their types.
void (() => ask(NewestInvoicesDocument, { first: 'many' }));
console.log(JSON.stringify({ invoices: totals.length, wrong: wrong ?? null }));
