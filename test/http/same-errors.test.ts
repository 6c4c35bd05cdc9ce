import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { send, TRANSPORTS, type AnyTransport } from '../harness/transports.ts';

interface Refused {
  readonly request: Readonly<Record<string, unknown>>;
  readonly code: string;
  /** Where the transport takes it. */
  readonly not?: readonly AnyTransport[];
}

const WORKFLOW_RUNS = 'query ($f: Int) { workflow(id: "wf") { runs(first: $f) { nodes { steps { id } } } } }';
const REFUSED: Readonly<Record<string, Refused>> = {
  'no GraphQL': { request: { query: '{ run(' }, code: 'GRAPHQL_PARSE_FAILED' },
  'an unknown field': { request: { query: '{ nothing }' }, code: 'GRAPHQL_VALIDATION_FAILED' },
  'a missing argument': { request: { query: '{ run { id } }' }, code: 'GRAPHQL_VALIDATION_FAILED' },
  'an unused fragment': {
    request: { query: '{ __typename } fragment F on Run { id }' },
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  'a fragment that spreads itself': {
    request: { query: '{ ...F } fragment F on Query { ...F }' },
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  'too deep a selection': {
    request: { query: `{ workflow(id: "wf") { ${'run(id: "r") { workflow { '.repeat(12)} id ${'} }'.repeat(12)} } }` },
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  'too many aliases': {
    request: { query: `{ ${Array.from({ length: 101 }, (_, at) => `a${at}: __typename`).join(' ')} }` },
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  'too high a cost': {
    request: { query: '{ workflow(id: "wf") { statistics(last: 1000) { nodes { nodeId } } } }' },
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  'a variable of the wrong type': { request: { query: WORKFLOW_RUNS, variables: { f: 'x' } }, code: 'BAD_USER_INPUT' },
  'a variable that is missing': {
    request: { query: 'query ($id: ID!) { run(workflowId: "wf", id: $id) { id } }' },
    code: 'BAD_USER_INPUT',
  },
  'an argument out of range': { request: { query: WORKFLOW_RUNS, variables: { f: 101 } }, code: 'BAD_USER_INPUT' },
  'an unknown operation name': {
    request: { query: 'query A { __typename } query B { __typename }', operationName: 'C' },
    code: 'OPERATION_RESOLUTION_FAILURE',
  },
  'no operation name': {
    request: { query: 'query A { __typename } query B { __typename }' },
    code: 'OPERATION_RESOLUTION_FAILURE',
  },
  'an operation by its name where none are persisted': {
    request: { documentId: 'sha256:abc' },
    code: 'PERSISTED_QUERY_NOT_SUPPORTED',
  },
  'a bad id': { request: { query: '{ run(workflowId: "wf", id: "..") { id } }' }, code: 'BAD_USER_INPUT' },
  'a bad subscription': { request: { query: 'subscription { runUpdated { id } }' }, code: 'GRAPHQL_VALIDATION_FAILED' },
  'a subscription to a bad id': {
    request: { query: 'subscription { runUpdated(workflowId: "wf", id: "..") { id } }' },
    code: 'BAD_USER_INPUT',
    not: ['HTTP POST', 'HTTP GET'],
  },
  'a subscription without events': {
    request: { query: 'subscription { runUpdated(workflowId: "wf", id: "r") { id } }' },
    code: 'BAD_REQUEST',
    not: ['graphql-ws', 'graphql-sse'],
  },
};

describe('every transport refuses alike', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  beforeEach(async () => {
    upstream = await startFaultyUpstream();
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, MAX_OPERATION_COST: '500' });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each(Object.entries(REFUSED))('%s', async (_, { request, code, not = [] }) => {
    const answers: unknown[] = [];
    const transports = TRANSPORTS.filter((transport) => !not.includes(transport));
    for (const transport of transports) {
      for (let time = 0; time < 3; time += 1) {
        const { data, errors = [] } = await send(transport, gateway.url, request);
        answers.push({
          data: data ?? null,
          errors: errors.map(({ extensions: { requestId, ...extensions }, ...error }) => {
            expect(requestId).toEqual(expect.any(String));
            return { ...error, extensions };
          }),
        });
      }
    }
    const [first, ...others] = answers;
    expect((first as { errors: unknown[] }).errors[0]).toMatchObject({ extensions: { code, retryable: false } });
    expect(others).toEqual(others.map(() => first));
    expect(upstream.calls).toEqual([]);
  });
});
