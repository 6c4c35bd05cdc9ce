/** Requests a run, its events, the page and Sandbox from a gateway with sample data; for `tools/ci/try-image` and `tools/ci/try-package`. */
const [, , url] = process.argv;
const query = '{ run(workflowId: "support-triage", id: "run-4711") { status } }';
const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-key' };

const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
const text = await answer.text();
if (text !== '{"data":{"run":{"status":"FAILED"}}}') throw new Error(`unexpected answer: ${text}`);
console.log(`the built gateway answers: ${text}`);

const subscription = 'subscription { runUpdated(workflowId: "support-triage", id: "run-4711") { run { status } } }';
const events = await fetch(`${url}/graphql`, {
  method: 'POST',
  headers: { ...headers, accept: 'text/event-stream' },
  body: JSON.stringify({ query: subscription }),
});
const event = await events.text();
if (!event.includes('{"runUpdated":{"run":{"status":"FAILED"}}}')) throw new Error(`unexpected events: ${event}`);
console.log('the built gateway sends events');

const html = await (await fetch(`${url}/`)).text();
const [, script] = /<script [^>]*src="([^"]+)"/.exec(html) ?? [];
if (!html.includes('<div id="root">') || !script) throw new Error(`unexpected page: ${html}`);
const { status } = await fetch(new URL(script, url));
if (status !== 200) throw new Error(`${script} of the page answers ${status}`);
console.log('the built gateway serves the run page');

const sandbox = await (await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } })).text();
if (!/sandbox/i.test(sandbox)) throw new Error(`unexpected page at /graphql: ${sandbox}`);
console.log('the built gateway serves Sandbox');
