// What Relay's compiler made of `relay/books.js`, run: node relay.js URL KEY. Prints what the queries answer as JSON.

const [url, key] = process.argv.slice(2);

// The text of a compiled operation; its module needs nothing of Relay's but the names.
async function text(name) {
  const { default: made } = await import(`./build/relay/${name}.graphql.js`);
  return made.params.text;
}

async function ask(query, variables, accept = 'application/json') {
  const headers = { accept, 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  return answer.json();
}

const first = await ask(await text('booksQuery'), { key: 'grand-tour', first: 2 });
const { id, invoices } = first.data.company;
const next = await ask(await text('booksNextPageQuery'), { id, first: 2, after: invoices.pageInfo.endCursor });

console.log(JSON.stringify({ first, next }));
