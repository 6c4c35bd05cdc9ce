/** A marker in every place that may be redacted, asked for by callers with and without the right to read it. */
import { hash } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { buildClientSchema, getIntrospectionQuery, type GraphQLSchema, type IntrospectionQuery } from 'graphql';
import type { RedactionRules } from '../../src/config/redaction.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { captureLog, scrape } from '../harness/observed.ts';
import { randomOperation } from '../harness/random-operations.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import type { Script } from '../harness/upstream.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

/** `npm run soak -- redaction [seed] [runs]` uses other values. */
const { SOAK_SEED = '4711', SOAK_RUNS = '100' } = process.env;
const [SEED, RUNS] = [Number(SOAK_SEED), Number(SOAK_RUNS)];

const sha256 = (key: string) => hash('sha256', key, 'hex');
const RULES: Readonly<Record<string, RedactionRules['rules'][number]>> = {
  keys: { keys: ['Secret-Field'], unless: 'payloads:read' },
  texts: { texts: true, unless: 'payloads:read' },
  patterns: { patterns: ['MARKER-\\d{4}'], unless: 'payloads:read' },
};
const MARKER = 'MARKER-4711';
/** Rules for texts leave the names of members. */
let inNames = false;

/** A payload with the marker in each kind of place, below a name that `keys` redacts. */
const marked = (place: string) => ({
  secret_field: { deep: [MARKER, { of: place, [inNames ? `name ${MARKER}` : 'name']: 1 }], number: 4711 },
  messages: [
    { role: 'user', content: '', secretField: `Hello ${MARKER}` },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        {
          id: 'c1',
          function: {
            name: 'f',
            arguments: JSON.stringify({ SECRET_FIELD: [JSON.stringify({ 'secret-field': MARKER })] }),
          },
        },
      ],
    },
  ],
});
const events = (at: number) => [
  { choices: [{ delta: { content: '', secret_field: `${MARKER} ${at}` } }], model: 'virtuoso-large' },
  {
    choices: [],
    model: 'virtuoso-large',
    usage: { prompt_tokens: 10, completion_tokens: at, total_tokens: 10 + at },
  },
];
const stream = (at: number) =>
  events(at)
    .map((event) => `data: ${JSON.stringify(event)}\n\n`)
    .join('');
const outputs = (at: number) => ({
  ...marked('outputs'),
  model: 'virtuoso-large',
  usage: { prompt_tokens: 100 + at, completion_tokens: 10, total_tokens: 110 + at },
});

const errorOf = (at: number) =>
  at === 1
    ? JSON.stringify({ code: 'rate_limit', type: 'api_error', message: '', secret_field: MARKER })
    : { secretField: MARKER };

const script: Script = ({ endpoint, workflowId, runId }) => {
  if (endpoint === 'workflows') return { json: [wireWorkflow('wf'), wireWorkflow('other')] };
  if (endpoint === 'execute') return { json: { run_id: 'r1', message: 'started' } };
  if (!['wf', 'other'].includes(workflowId)) return { status: 404, json: {} };
  const payload = (at: number) => ({ inputs: marked('inputs'), outputs: outputs(at), error: errorOf(at) });
  if (endpoint === 'steps') {
    return {
      json: [
        wireStep({ id: `${runId}-1`, ...payload(1), step_metadata: marked('metadata'), status: 'failed' }),
        wireStep({
          id: `${runId}-2`,
          ...payload(1),
          status: 'failed',
          start_time: '2025-03-13T02:41:18Z',
          end_time: '2025-03-13T02:41:19Z',
        }),
        wireStep({
          id: `${runId}-3`,
          node_id: 'send',
          ...payload(2),
          outputs: workflowId === 'wf' ? stream(3) : events(3),
        }),
      ],
    };
  }
  const record = (id: string) =>
    wireRun(id, { ...payload(1), status: 'failed', all_outputs: { model_1: outputs(1), send: stream(3) } });
  return { json: endpoint === 'runs' ? ['r1', 'r2', 'r3'].map(record) : [record(runId)] };
};

describe.each(Object.entries(RULES))('a marker that %s redact', (_name, rule) => {
  const log = captureLog('debug');
  const gateway = perBlock(
    new TestGateway({
      script,
      env: {
        ...{ UPSTREAM_AUTH: 'service', UPSTREAM_API_KEY: 'service-key', LIVE_TTL_MS: '60000' },
        GATEWAY_KEYS_SHA256: `reader+payloads:read:${sha256('reader')},board:${sha256('board')}`,
      },
      redaction: { rules: [rule] },
      logger: log.logger,
    }),
  );
  let schema: GraphQLSchema;
  beforeAll(async () => {
    inNames = !rule.texts;
    const { data } = await gateway.query(getIntrospectionQuery(), { key: 'reader' });
    schema = buildClientSchema(data as unknown as IntrospectionQuery);
  });
  const ask = async (key: string, query: string) => {
    const { data, errors } = await gateway.query(query, { key });
    expect(errors).toEqual([]);
    return data;
  };

  it('appears in no response to random operations without the right', async () => {
    let seenWithRight = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...TRANSPORTS), fc.infiniteStream(fc.nat(2 ** 31)), async (transport, drawn) => {
        const { text: query, variables } = randomOperation(schema, (count) => Number(drawn.next().value) % count);
        const answers = await Promise.all(
          ['board', 'reader'].map(async (key) =>
            JSON.stringify(await send(transport, gateway.url, { query, variables }, key)),
          ),
        );
        expect(answers[0]).not.toContain(MARKER);
        if (answers[1]?.includes(MARKER)) seenWithRight += 1;
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(seenWithRight).toBeGreaterThan(RUNS / 30);
    expect(log.text).not.toContain(MARKER);
    expect((await scrape(gateway.url)).text).not.toContain(MARKER);
  });

  it("doesn't change statistics, attempts and groups", async () => {
    const query = `{
      run(workflowId: "wf", id: "r1") {
        totalElapsedTime
        tokenUsage { counts { inputTokens outputTokens totalTokens } stepsReporting byModel { model counts { totalTokens } } }
        timing { busyMs wastedMs }
        steps { id attempt attemptKind durationMs tokenUsage { counts { totalTokens } model } }
        failedSteps(latestAttemptOnly: true) { id }
      }
      workflow(id: "wf") {
        failureGroups(last: 3) { nodes { count nodeId runs { id } } }
        statistics(last: 3) { runCount nodes { nodeId executionCount failureCount retryCount totalTokens } }
      }
    }`;
    const [board, reader] = [await ask('board', query), await ask('reader', query)];
    expect(board).toEqual(reader);
    expect(board).toMatchObject({ workflow: { failureGroups: { nodes: [{ count: 3, nodeId: 'model_1' }] } } });
  });
});
