// A form as browsers make it: node upload.js URL KEY. Prints status and answer as JSON, with and without a preflight.
const [url, key] = process.argv.slice(2);

async function upload(headers) {
  const form = new FormData();
  const query = 'mutation ($files: [Upload!]!) { receive(files: $files) }';
  form.append('operations', JSON.stringify({ query, variables: { files: [null] } }));
  form.append('map', JSON.stringify({ 0: ['variables.files.0'] }));
  form.append('0', new Blob(['content'], { type: 'text/plain' }), 'büro.txt');
  const answer = await fetch(url, { method: 'POST', body: form, headers: { authorization: `Bearer ${key}`, ...headers } });
  return { status: answer.status, answer: await answer.json() };
}

console.log(JSON.stringify({ plain: await upload({}), asked: await upload({ 'apollo-require-preflight': 'true' }) }));
