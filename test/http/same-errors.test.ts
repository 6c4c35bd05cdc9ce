/** What is wrong with an operation is refused alike over every transport, however often it is sent, and without an upstream call. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { send, TRANSPORTS, type AnyTransport } from '../harness/transports.ts';

const LIVE = ['graphql-ws', 'graphql-sse'] as const;
const PLAIN = ['HTTP POST', 'HTTP GET'] as const;
const RUNS = 'query ($first: Int!) { workflow(id: "wf") { runs(first: $first) { nodes { id } } } }';
const TWO = 'query A { __typename } query B { __typename }';
const WATCH = 'subscription { runUpdated(workflowId: "wf", id: "..") { id } }';

const INVALID = 'GRAPHQL_VALIDATION_FAILED';
type Fields = Readonly<Record<string, unknown>>;
const REFUSED: readonly (readonly [
  name: string,
  code: string,
  request: Fields,
  transports?: readonly AnyTransport[],
])[] = [
  ['no GraphQL', 'GRAPHQL_PARSE_FAILED', { query: '{ run(' }],
  ['an unknown field', INVALID, { query: '{ nothing }' }],
  ['a missing argument', INVALID, { query: '{ run { id } }' }],
  ['an unused fragment', INVALID, { query: '{ __typename } fragment F on Run { id }' }],
  ['a fragment that spreads itself', INVALID, { query: '{ ...F } fragment F on Query { ...F }' }],
  ['a variable of the wrong type', 'BAD_USER_INPUT', { query: RUNS, variables: { first: 'x' } }],
  ['a variable that is missing', 'BAD_USER_INPUT', { query: RUNS }],
  ['an argument out of range', 'BAD_USER_INPUT', { query: RUNS, variables: { first: 101 } }],
  ['an unknown operation name', 'OPERATION_RESOLUTION_FAILURE', { query: TWO, operationName: 'C' }],
  ['no operation name', 'OPERATION_RESOLUTION_FAILURE', { query: TWO }],
  ['a name where no operation is persisted', 'PERSISTED_QUERY_NOT_SUPPORTED', { documentId: 'sha256:abc' }],
  ['a bad id', 'BAD_USER_INPUT', { query: '{ run(workflowId: "wf", id: "..") { id } }' }],
  ['a bad subscription', INVALID, { query: 'subscription { runUpdated { id } }' }],
  ['a subscription to a bad id', 'BAD_USER_INPUT', { query: WATCH }, LIVE],
  ['a subscription without events', 'BAD_REQUEST', { query: WATCH.replace('..', 'r') }, PLAIN],
];

let upstream: FaultyUpstream;
let gateway: TestGateway;
beforeAll(async () => {
  upstream = await startFaultyUpstream();
  gateway = await startGateway({ UPSTREAM_URL: upstream.url });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

it.each(REFUSED)('every transport refuses alike: %s', async (_, code, request, transports = TRANSPORTS) => {
  const answers: unknown[] = [];
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
  const [first] = answers;
  expect((first as { errors: unknown[] }).errors[0]).toMatchObject({ extensions: { code, retryable: false } });
  expect(answers).toEqual(answers.map(() => first));
  expect(upstream.calls).toEqual([]);
});
