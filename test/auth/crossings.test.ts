/** Random answers of callers who see different workflows, all over one upstream key and through the same caches. */
import { beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { buildClientSchema, getIntrospectionQuery, type GraphQLSchema, type IntrospectionQuery } from 'graphql';
import { TestGateway } from '../harness/gateway.ts';
import { Issuer } from '../harness/issuer.ts';
import { perBlock } from '../harness/lasting.ts';
import { randomOperation } from '../harness/random-operations.ts';
import { send, TRANSPORTS } from '../harness/transports.ts';
import type { Script } from '../harness/upstream.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

/** `npm run soak -- crossings [seed] [runs]` uses other values. */
const { SOAK_SEED = '4711', SOAK_RUNS = '150' } = process.env;
const [SEED, RUNS] = [Number(SOAK_SEED), Number(SOAK_RUNS)];

const CALLERS = [
  { sub: 'ada', workflows: ['wf'] },
  { sub: 'grace', workflows: ['wf'] },
  { sub: 'bob', workflows: ['other'] },
  { sub: 'eve', workflows: ['gone'] },
];

const markerOf = (workflowId: string) => `marker-of-${workflowId}`;
/** A marker in each string. */
const script: Script = ({ endpoint, workflowId, runId }) => {
  if (endpoint === 'workflows') {
    return {
      json: ['wf', 'other'].map((id) => wireWorkflow(id, { name: markerOf(id), description: markerOf(id) })),
    };
  }
  if (workflowId === 'gone') return { status: 404, json: {} };
  const marker = markerOf(workflowId);
  const texts = { error: marker, outputs: { marker }, inputs: { marker } };
  if (endpoint === 'steps') return { json: [wireStep({ ...texts, status: 'failed', step_metadata: { marker } })] };
  if (endpoint === 'runs') return { json: ['r1', 'r2', 'r3'].map((id) => wireRun(id, texts)) };
  if (endpoint === 'execute') return { json: { run_id: 'r1', message: marker } };
  return { json: [wireRun(runId, { ...texts, status: 'failed' })] };
};

const issuer = perBlock(new Issuer(Date.now));
const gateway = perBlock(
  new TestGateway(() => ({ script, env: { ...issuer.env, AUTH_WORKFLOWS_CLAIM: 'workflows' } })),
);
const tokens = new Map<string, string>();
let schema: GraphQLSchema;

beforeAll(async () => {
  for (const { sub, workflows } of CALLERS) tokens.set(sub, await issuer.token({ sub, workflows }));
  const { data } = await gateway.query(getIntrospectionQuery(), { key: tokens.get('ada') });
  schema = buildClientSchema(data as unknown as IntrospectionQuery);
});

it('shows callers only their own workflows', async () => {
  const seen = new Map(CALLERS.map(({ sub }) => [sub, new Set<string>()]));
  const draws = fc.record({
    callers: fc.array(fc.constantFrom(...CALLERS), { minLength: 4, maxLength: 8 }),
    transport: fc.constantFrom(...TRANSPORTS),
    drawn: fc.infiniteStream(fc.nat(2 ** 31)),
  });
  await fc.assert(
    fc.asyncProperty(draws, async ({ callers, transport, drawn }) => {
      const { text: query, variables } = randomOperation(schema, (count) => Number(drawn.next().value) % count);
      await Promise.all(
        callers.map(async ({ sub }) => {
          const answer = JSON.stringify(await send(transport, gateway.url, { query, variables }, tokens.get(sub)));
          for (const [, id = ''] of answer.matchAll(/marker-of-(\w+)/g)) seen.get(sub)?.add(id);
        }),
      );
      for (const { sub, workflows } of CALLERS) {
        expect([sub, [...(seen.get(sub) ?? [])].filter((id) => !workflows.includes(id))]).toEqual([sub, []]);
      }
    }),
    { seed: SEED, numRuns: RUNS },
  );
  // Otherwise the property would say nothing.
  expect(Object.fromEntries([...seen].map(([sub, ids]) => [sub, [...ids]]))).toEqual({
    ...{ ada: ['wf'], grace: ['wf'], bob: ['other'], eve: [] },
  });
});
