import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { ask } from '../harness/plain-http.ts';
import { rawJSON, wireStep } from '../harness/wire.ts';

const LONG = '12345678901234567890';
const TIMES = [1, 2, 3, 4];

describe('an integer beyond 2^53', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;

  beforeAll(async () => {
    upstream = await startFaultyUpstream(({ endpoint }) =>
      endpoint === 'execute'
        ? { json: { run_id: 'new' } }
        : { json: [wireStep({ outputs: { message_id: rawJSON(LONG), at: 1_732_612_345_123_456 } })] },
    );
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, UPSTREAM_ENDPOINTS: 'steps,execute' });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const send = async (method: string, search: string, body?: string) => {
    const headers = { authorization: 'Bearer key-1', 'content-type': 'application/json' };
    const answer = await ask(`${gateway.url}/graphql${search}`, {
      method,
      headers,
      ...(body !== undefined && { body }),
    });
    return JSON.parse(answer.body.toString()) as unknown;
  };
  const post = (query: string, variables = '{}') =>
    send('POST', '', `{"query": ${JSON.stringify(query)}, "variables": ${variables}}`);
  const lastOf = (kind: string) => upstream.calls.findLast(({ endpoint }) => endpoint === kind);

  it('of an answer keeps its digits as text, each time and wherever it is looked at', async () => {
    for (const time of TIMES) {
      const run = await post(
        '{ run(workflowId: "wf", id: "r1") { steps { outputs id: outputs(path: "message_id") at: outputs(path: "at") } } }',
      );
      const outputs = { message_id: LONG, at: 1_732_612_345_123_456 };
      expect({ time, run }).toEqual({
        time,
        run: { data: { run: { steps: [{ outputs, id: LONG, at: outputs.at }] } } },
      });
    }
  });

  it.each([
    ['in a variable', '($n: JSON)', '{ n: $n }', `{ "n": ${LONG} }`],
    ['in a default', `($n: JSON = ${LONG})`, '{ n: $n }', '{}'],
    ['in a literal', '', `{ n: ${LONG} }`, '{}'],
  ])('of inputs goes out with its digits as text: %s', async (_, declared, inputs, variables) => {
    const start = `mutation ${declared} { executeWorkflow(workflowId: "wf", inputs: ${inputs}) { run { id } } }`;
    for (const time of TIMES) {
      const answer = await post(start, variables);
      expect({ time, answer, sent: lastOf('execute')?.body }).toEqual({
        time,
        answer: { data: { executeWorkflow: { run: { id: 'new' } } } },
        sent: JSON.stringify({ n: LONG }),
      });
    }
  });

  it.each([
    ['in a variable', '($n: JSON)', '{ n: [$n] }', '{ "n": -1e400 }'],
    ['in a default', '($n: JSON = 1e400)', '{ n: { at: $n } }', '{}'],
    ['in a literal', '', '{ n: 1e400 }', '{}'],
  ])(
    'is told from a number beyond any double, which would go out as null: %s',
    async (_, declared, inputs, variables) => {
      const start = `mutation ${declared} { executeWorkflow(workflowId: "wf", inputs: ${inputs}) { run { id } } }`;
      const before = upstream.count('execute');
      for (const time of TIMES) {
        expect({ time, answer: await post(start, variables) }).toMatchObject({
          time,
          answer: {
            data: { executeWorkflow: null },
            errors: [
              { message: expect.stringContaining('a number is beyond'), extensions: { code: 'BAD_USER_INPUT' } },
            ],
          },
        });
      }
      expect(upstream.count('execute')).toBe(before);
    },
  );

  it.each(['POST', 'GET'])('that is an id names what it says, by %s', async (method) => {
    const query = 'query ($id: ID!) { run(workflowId: "wf", id: $id) { id steps { id } } }';
    const id = `${LONG}${method.length}`;
    const variables = `{ "id": ${id} }`;
    const search = `?query=${encodeURIComponent(query)}&variables=${encodeURIComponent(variables)}`;
    const answer = await (method === 'GET' ? send(method, search) : post(query, variables));
    expect(answer).toMatchObject({ data: { run: { id } } });
    expect(lastOf('steps')?.runId).toBe(id);
  });
});
