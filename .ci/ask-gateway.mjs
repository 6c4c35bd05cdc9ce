/** Asks a gateway over the embedded upstream for a run and for the page; for `.ci/try-image`. */
const [, , url] = process.argv;
const query = '{ run(workflowId: "support-triage", id: "run-4711") { status } }';
const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-key' };

const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
const text = await answer.text();
if (text !== '{"data":{"run":{"status":"FAILED"}}}') throw new Error(`unexpected answer: ${text}`);
console.log(`the built gateway answers: ${text}`);

const html = await (await fetch(`${url}/`)).text();
if (!html.includes('<div id="root">')) throw new Error(`unexpected page: ${html}`);
console.log('the built gateway serves the run page');
