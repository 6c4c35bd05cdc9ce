import { createHandler } from 'stepgate';

await using gateway = await createHandler({ logLevel: 'warn' });
const body = JSON.stringify({ query: '{ run(workflowId: "support-triage", id: "run-4711") { status } }' });
const headers = { 'content-type': 'application/json', authorization: 'Bearer demo-key' };
const answer = await gateway.fetch(new Request('http://gateway/graphql', { method: 'POST', headers, body }));
console.log(await answer.text());
