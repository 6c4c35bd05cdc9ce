import { describe, expect, it } from '@jest/globals';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { ask, type PlainAnswer } from '../harness/plain-http.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';

describe('requests with invalid input', () => {
  const gateway = perBlock(new TestGateway());
  const { upstream } = gateway;

  it.each([
    'query ($id: ID!) { run(workflowId: "wf", id: $id) { steps { id } } }',
    'query ($id: ID!) { compareRuns(workflowId: "wf", baseId: $id, headId: $id) { wallClockDeltaMs } }',
    'query ($id: ID!) { compareRuns(workflowId: $id, baseId: "r1", headId: "r2") { wallClockDeltaMs } }',
    'query ($id: ID!) { workflow(id: "wf") { run(id: $id) { id } runsById(ids: [$id]) { id } } }',
    'query ($id: ID!) { recentRuns(workflowIds: [$id]) { nodes { id } } }',
    'query ($id: ID!) { _entities(representations: [{ __typename: "Workflow", id: $id }]) { ... on Workflow { id } } }',
    'query ($id: ID!) { _entities(representations: [{ __typename: "Run", workflowId: "wf", id: $id }]) { ... on Run { id } } }',
    'query ($id: ID!) { _entities(representations: [{ __typename: "Step", workflowId: "wf", runId: $id, id: "s" }]) { ... on Step { id } } }',
    'mutation ($id: ID!) { executeWorkflow(workflowId: $id, idempotencyKey: "k") { message } }',
    'subscription ($id: ID!) { runUpdated(workflowId: "wf", id: $id) { run { id } } }',
    'subscription ($id: ID!) { runsUpdated(workflowIds: [$id]) { runs { id } } }',
  ])('reject an id with ".." over each transport, without a call: %s', async (query) => {
    const live = ['graphql-ws', 'graphql-sse'] as const;
    for (const transport of query.startsWith('query') ? TRANSPORTS : live) {
      const { errors = [] } = await send(transport, gateway.url, { query, variables: { id: '../../wf/runs/r1' } });
      expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set(['BAD_USER_INPUT']));
    }
    expect(upstream.calls).toEqual([]);
  });

  const refusalIn = ({ status, body }: PlainAnswer) => {
    const { errors = [] } = JSON.parse(body.toString()) as {
      errors?: { message: string; extensions: { code: string } }[];
    };
    return [status, errors[0]?.extensions.code, errors[0]?.message];
  };
  const JSON_HEADERS = { 'content-type': 'application/json', authorization: 'Bearer key-1' };

  it.each([
    ['', 'The body is not JSON'],
    ['{"query":', 'The body is not JSON'],
    ['[{}, {}]', 'Batches are not supported'],
    ['null', 'an object with an operation, got nothing'],
    ['7', 'an object with an operation, got a number'],
    ['"{ __typename }"', 'an object with an operation, got a string'],
    ['{ "query": 7 }', 'query must be text, got a number'],
    ['{ "documentId": ["a"] }', 'documentId must be text, got a list'],
    ['{ "id": {} }', 'id must be text, got an object'],
    ['{ "query": "{ __typename }", "operationName": true }', 'operationName must be text, got a boolean'],
    ['{ "query": "{ __typename }", "variables": "x" }', 'variables must be an object, got a string'],
    ['{ "query": "{ __typename }", "extensions": [] }', 'extensions must be an object, got a list'],
    ['{}', 'query (the document) or documentId'],
    ['{ "query": "", "variables": {} }', 'query (the document) or documentId'],
    ['{ "query": null, "operationName": "A" }', 'query (the document) or documentId'],
  ])('name expected and actual value for the body %s', async (body, words) => {
    const answer = await ask(`${gateway.url}/graphql`, { method: 'POST', headers: JSON_HEADERS, body });
    expect(refusalIn(answer)).toEqual([400, 'BAD_REQUEST', expect.stringContaining(words)]);
  });

  it.each(['variables', 'extensions'])('name %s that are not JSON in a GET', async (name) => {
    const answer = await ask(`${gateway.url}/graphql?query={__typename}&${name}={`, { headers: JSON_HEADERS });
    expect(refusalIn(answer)).toEqual([400, 'BAD_REQUEST', `${name} is not JSON.`]);
  });
});
