import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { StepgatePlugin } from '../../src/graphql/apollo/apollo.ts';
import type { SchemaExtension } from '../../src/graphql/extension/schema-extension.ts';
import type { Outcome } from '../../src/graphql/operations/operation.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { healthy, startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { wireWorkflow } from '../harness/scripted-history.ts';
import { createPipeline, type PipelineOptions } from '../support/pipeline.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const RUN = 'query Status($id: ID = "r1") { run(workflowId: "wf", id: $id) { status } }';
const START = 'mutation Start { executeWorkflow(workflowId: "wf") { run { id } } }';
const LIVE = 'subscription Live { runUpdated(workflowId: "wf", id: "r1") { status } }';
const TIMES = [1, 2, 3];

const byHash = (query: string) => ({
  extensions: { persistedQuery: { version: 1, sha256Hash: hash('sha256', query) } },
});

const codesOf = (outcome: Outcome) =>
  outcome.kind === 'answer' ? (outcome.result.errors ?? []).map(({ extensions }) => extensions?.code) : ['events'];

async function end(outcome: Outcome): Promise<Outcome> {
  if (outcome.kind === 'events') await outcome.events.return(undefined);
  return outcome;
}

/** Its resolvers answer as often as they were executed. */
function createCounter(cacheMs: number) {
  const extension: SchemaExtension = {
    typeDefs: 'extend type Workflow { count: Int fails: Int }',
    fields: {
      Workflow: {
        count: { cacheMs, resolve: () => (executions.count += 1) },
        fails: {
          cacheMs,
          resolve: () => {
            throw new GatewayError('NOT_FOUND', 'nothing there');
          },
        },
      },
    },
  };
  const executions = { count: 0, extension };
  return executions;
}

describe('the operation pipeline', () => {
  let upstream: FaultyUpstream;
  let pipeline: Awaited<ReturnType<typeof createPipeline>>;

  beforeEach(async () => {
    upstream = await startFaultyUpstream((call) => {
      if (call.key === 'bad-key') return { status: 401, json: {} };
      if (call.runId === 'missing') return { status: 404, json: {} };
      if (call.endpoint === 'workflows') return { json: [wireWorkflow('wf')] };
      return call.endpoint === 'execute' ? { json: { run_id: 'new' } } : healthy(call);
    });
  });
  afterEach(async () => {
    await pipeline.close();
    await upstream.close();
  });
  const start = async ({ environment, ...options }: PipelineOptions = {}) => {
    pipeline = await createPipeline({ environment: { UPSTREAM_URL: upstream.url, ...environment }, ...options });
    return pipeline;
  };

  describe('refuses', () => {
    it.each<[string, Parameters<typeof pipeline.ask>, number, string, string]>([
      ['no text', [{}], 400, 'BAD_REQUEST', 'GraphQL operations must contain a non-empty `query`'],
      [
        'what is no GraphQL',
        [{ query: '{' }],
        400,
        'GRAPHQL_PARSE_FAILED',
        'Syntax Error: Expected Name, found <EOF>.',
      ],
      ['what is invalid', [{ query: '{ nope }' }], 400, 'GRAPHQL_VALIDATION_FAILED', 'Cannot query field "nope"'],
      [
        'a form beyond a limit',
        [{ query: `{ ${'__typename '.repeat(51)}}` }],
        400,
        'GRAPHQL_VALIDATION_FAILED',
        '51 root fields',
      ],
      [
        'an unknown name',
        [{ query: RUN, operationName: 'Other' }],
        400,
        'OPERATION_RESOLUTION_FAILURE',
        'Unknown operation named "Other".',
      ],
      [
        'several operations without a name',
        [{ query: `${RUN} ${START}` }],
        400,
        'OPERATION_RESOLUTION_FAILURE',
        'Must provide operation name',
      ],
      [
        'a wrong variable',
        [{ query: RUN, variables: { id: ['r1'] } }],
        400,
        'BAD_USER_INPUT',
        'Variable "$id" got invalid value',
      ],
      [
        'variables that are nested too deeply',
        [{ query: RUN, variables: { id: JSON.parse('['.repeat(200) + ']'.repeat(200)) as unknown } }],
        400,
        'BAD_USER_INPUT',
        'variables: expected at most 200 levels of JSON, got more',
      ],
      [
        'a wrong variable of a subscription',
        [{ query: LIVE.replace('Live', 'Live($id: ID!)').replace('"r1"', '$id') }],
        400,
        'BAD_USER_INPUT',
        'Variable "$id" of required type',
      ],
      [
        'null for a variable that has a default and stands where no null is allowed',
        [{ query: RUN, variables: { id: null } }],
        400,
        'BAD_USER_INPUT',
        'Variable "$id" must not be null: "id" of Query.run expects ID!.',
      ],
      [
        'conditions on the root field of a subscription',
        [{ query: LIVE.replace('Live', 'Live($b: Boolean!)').replace(' {', ' { ... @include(if: $b) {') + ' }' }],
        400,
        'GRAPHQL_VALIDATION_FAILED',
        'no @skip and no @include on its root field',
      ],
      ['a mutation by GET', [{ query: START }, { allowed: ['query'] }], 405, 'BAD_REQUEST', 'must be sent by POST'],
      [
        'a mutation over a stream',
        [{ query: START }, { allowed: ['query'], transport: 'graphql-sse' }],
        400,
        'BAD_REQUEST',
        'must be sent by POST',
      ],
      [
        'a subscription by HTTP',
        [{ query: LIVE }, { allowed: ['query', 'mutation'] }],
        400,
        'BAD_REQUEST',
        'needs a transport that carries events',
      ],
    ])('%s, each time that it comes, without data', async (_, sent, status, code, message) => {
      const { ask } = await start();
      for (const time of TIMES) {
        const answer = await ask(...sent);
        const sizeBytes = JSON.stringify(answer.result).length;
        expect({ time, answer }).toMatchObject({ time, answer: { status, sizeBytes, untilMs: 0 } });
        expect(answer.result).toEqual({
          errors: [
            expect.objectContaining({
              message: expect.stringContaining(message),
              extensions: expect.objectContaining({ code, retryable: false, requestId: 'request-1' }),
            }),
          ],
        });
      }
      expect(upstream.calls).toEqual([]);
      expect(pipeline.log.lines).toEqual([]);
    });

    it('variables with one error and its message as far as 1000 characters, however many and long they are', async () => {
      const { ask } = await start();
      const filter = {
        ...Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`z${at}`, 1])),
        nodeId: '"'.repeat(1e5),
      };
      const steps = '($f: StepFilter) { VERB(workflowId: "wf", id: "r1") { steps(filter: $f) { id } } }';
      for (const query of [
        `query ${steps.replace('VERB', 'run')}`,
        `subscription ${steps.replace('VERB', 'runUpdated')}`,
      ]) {
        // From then on a query is compiled.
        if (query.startsWith('query')) expect(codesOf(await ask({ query }))).toEqual([]);
        for (const time of TIMES) {
          const { result } = await ask({ query, variables: { f: filter } });
          const [message = '', ...others] = (result.errors ?? []).map((error) => error.message);
          expect({ time, others: others.length, isShort: message.length <= 1001 }).toEqual({
            time,
            others: 1,
            isShort: true,
          });
          expect(result.errors?.[1]?.message).toMatch(/error limit reached/);
        }
      }
    });

    it('what costs more than the limit of calls or objects, and nothing that costs just as much', async () => {
      const { ask } = await start({ environment: { MAX_OPERATION_COST: '2', MAX_OPERATION_OBJECTS: '21' } });
      const run = (fields: string) => `{ run(workflowId: "wf", id: "r1") { ${fields} } }`;
      for (const time of TIMES) {
        expect({ time, codes: codesOf(await ask({ query: run('steps { id }') })) }).toEqual({ time, codes: [] });
        for (const [limit, fields] of [
          ['cost', 'progress { total }'],
          ['cost', '...Total } } fragment Total on Run { progress { total'],
          ['objects', 'steps { id } a: steps { id }'],
        ] as const) {
          const { status, result } = await ask({ query: run(fields) });
          expect({ time, status, result }).toMatchObject({
            time,
            status: 400,
            result: { errors: [{ extensions: { limit } }] },
          });
        }
      }
    });

    it('what fails before it, with the status of its error, and tells who observes', async () => {
      const { operations, observed } = await start();
      const begun = { transport: 'http', requestId: 'request-1', viewerId: null, traceparent: undefined } as const;
      const { status, result } = operations.refuse(begun, new GatewayError('RATE_LIMITED', 'later'));
      expect(status).toBe(429);
      expect(result).toEqual({
        errors: [{ message: 'later', extensions: { code: 'RATE_LIMITED', retryable: true, requestId: 'request-1' } }],
      });
      expect(observed).toMatchObject([{ type: 'unknown', outcome: 'client_error', errorCodes: ['RATE_LIMITED'] }]);
    });
  });

  describe('answers', () => {
    it('with the size, and how long it may be kept', async () => {
      const { ask } = await start();
      for (const time of TIMES) {
        const answer = await ask({ query: RUN });
        expect({ time, answer }).toMatchObject({
          time,
          answer: { status: 200, result: { data: { run: { status: 'COMPLETED' } } } },
        });
        expect(answer.sizeBytes).toBeGreaterThan(20);
        expect(answer.untilMs).toBeGreaterThan(0);
      }
      expect(upstream.calls).toHaveLength(1);
    });

    it('with errors beside the data, and is not kept then', async () => {
      const { extension } = createCounter(Infinity);
      const { ask } = await start({ extension });
      for (const time of TIMES) {
        const { status, result, untilMs } = await ask({ query: '{ workflow(id: "wf") { count fails } }' });
        expect({ time, status, untilMs }).toEqual({ time, status: 200, untilMs: 0 });
        // Without locations: a document is kept without them, and what comes again is answered alike.
        expect(result).toEqual({
          data: { workflow: { count: time, fails: null } },
          errors: [
            {
              message: 'nothing there',
              path: ['workflow', 'fails'],
              extensions: { code: 'NOT_FOUND', retryable: false, requestId: 'request-1' },
            },
          ],
        });
        expect((await ask({ query: '{ workflow(id: "wf") { id } }' })).untilMs).toBe(Infinity);
      }
    });

    it('a mutation each time that it is sent, and keeps none', async () => {
      const { ask } = await start();
      for (const time of TIMES) {
        expect(await ask({ query: START })).toMatchObject({
          result: { data: { executeWorkflow: { run: { id: 'new' } } } },
          untilMs: 0,
        });
        expect(upstream.count('execute')).toBe(time);
      }
      expect((await ask({ query: 'mutation { __typename }' })).untilMs).toBe(0);
    });

    it('one of several operations by its name, also as a mutation', async () => {
      const { ask } = await start();
      const query = `${RUN} ${START}`;
      for (const time of TIMES) {
        expect(await ask({ query, operationName: 'Status' })).toMatchObject({ result: { data: { run: {} } } });
        expect(await ask({ query, operationName: 'Start' })).toMatchObject({
          result: { data: { executeWorkflow: {} } },
        });
        expect(upstream.count('execute')).toBe(time);
      }
    });

    it('with the variables that were sent', async () => {
      const { ask } = await start();
      for (const id of ['r1', 'missing', 'r2', 'r1']) {
        const outcome = await ask({ query: RUN, variables: { id } });
        expect(codesOf(outcome)).toEqual(id === 'missing' ? ['NOT_FOUND'] : []);
      }
    });

    it('nobody what needs a key', async () => {
      const { ask } = await start();
      for (const key of [null, 'key-1', null]) {
        expect(codesOf(await ask({ query: RUN }, { key }))).toEqual(key === null ? ['UNAUTHENTICATED'] : []);
      }
      expect(codesOf(await ask({ query: '{ __typename }' }, { key: null }))).toEqual([]);
    });

    it('starts one in a turn, with inputs that are looked at once, and for a caller alone', async () => {
      const { ask } = await start();
      let readings = 0;
      const inputs = {
        get at() {
          readings += 1;
          return Infinity;
        },
      };
      Object.defineProperty(inputs, 'at', { enumerable: true });
      const startAll = async (count: number, key: string | null) => {
        readings = 0;
        let [turns, isOver] = [0, false];
        const aliases = Array.from(
          { length: count },
          (_, at) => `a${at}: executeWorkflow(workflowId: "wf", inputs: $x) { message }`,
        );
        const answer = ask(
          { query: `mutation ($x: JSON) { ${aliases.join(' ')} }`, variables: { x: inputs } },
          { key },
        );
        void answer.finally(() => {
          isOver = true;
        });
        while (!isOver) {
          await setImmediate();
          turns += 1;
        }
        return { codes: codesOf(await answer), turns, readings };
      };
      const nobody = await startAll(50, null);
      expect(nobody.codes).toEqual(Array(50).fill('UNAUTHENTICATED'));
      const [one, all] = [await startAll(1, 'key-1'), await startAll(50, 'key-1')];
      expect(all.codes).toEqual(Array(50).fill('BAD_USER_INPUT'));
      expect(all.turns).toBeGreaterThanOrEqual(50);
      expect(all.readings).toBe(one.readings);
      expect(nobody.readings).toBeLessThan(one.readings);
    });

    it('a query only where its bytes may be held, and a mutation when they may', async () => {
      const { ask } = await start();
      const held: number[] = [];
      const waited: number[] = [];
      const client = {
        hold: (bytes: number) => {
          held.push(bytes);
          throw new GatewayError('RATE_LIMITED', 'too much is held');
        },
        holdWhenFree: async (bytes: number) => {
          await setImmediate();
          waited.push(bytes);
          return () => undefined;
        },
      };
      for (const time of TIMES) {
        const refused = await ask({ query: RUN }, { client });
        expect({ time, refused }).toMatchObject({ time, refused: { status: 200, result: { data: null } } });
        expect(codesOf(refused)).toEqual(['RATE_LIMITED']);
        const started = await ask({ query: START }, { client });
        expect(codesOf(started)).toEqual([]);
        expect(waited.splice(0)).toEqual([started.sizeBytes]);
      }
      const { sizeBytes } = await ask({ query: RUN });
      expect(held).toEqual([sizeBytes, sizeBytes, sizeBytes]);
    });

    it('many errors only where their bytes may be held', async () => {
      const { ask } = await start();
      const query = `{ ${Array.from({ length: 40 }, (_, at) => `${'x'.repeat(2000)}${at}`).join(' ')} }`;
      const { result, sizeBytes } = await ask({ query });
      expect(result.errors).toHaveLength(40);
      const hold = (bytes: number) => {
        expect(bytes).toBe(sizeBytes);
        throw new GatewayError('RATE_LIMITED', 'too much is held');
      };
      const refused = await ask({ query }, { client: { hold } });
      expect({ status: refused.status, codes: codesOf(refused) }).toEqual({ status: 429, codes: ['RATE_LIMITED'] });
      expect(refused.result).not.toHaveProperty('data');
    });

    it('no more bytes than the limit, and says of a mutation that it was executed all the same', async () => {
      const { ask } = await start({ environment: { MAX_ANSWER_BYTES: '1024' } });
      const long = Array.from({ length: 90 }, (_, at) => `a${at}: __typename`).join(' ');
      for (const time of TIMES) {
        for (const [query, wasExecuted] of [
          [`{ run(workflowId: "wf", id: "r1") { ${long} } }`, false],
          [START.replace('run {', `${long} run {`), true],
        ] as const) {
          const answer = await ask({ query });
          const [error] = answer.result.errors ?? [];
          expect({
            ...{ time, status: answer.status, codes: codesOf(answer), data: answer.result.data },
            wasExecuted: error?.message.includes('The mutation was executed all the same'),
          }).toEqual({ time, status: 200, codes: ['ANSWER_TOO_LARGE'], data: null, wasExecuted });
        }
        expect(upstream.count('execute')).toBe(time);
      }
    });

    it('with one error where more than 5000 fields fail', async () => {
      upstream.script = ({ endpoint }) => ({
        json:
          endpoint === 'steps' ? Array.from({ length: 51 }, (_, at) => wireStep({ id: `s${at}` })) : [wireRun('r1')],
      });
      const { ask } = await start();
      const fields = Array.from({ length: 99 }, (_, at) => `a${at}: outputs(path: "abs('x')")`).join(' ');
      const answer = await ask({ query: `{ run(workflowId: "wf", id: "r1") { steps { ${fields} } } }` });
      expect(answer).toMatchObject({ status: 200, result: { data: null } });
      expect(codesOf(answer)).toEqual(['ANSWER_TOO_LARGE']);
    });
  });

  describe('subscribes', () => {
    it('to events, until the last, and tells who observes when they end', async () => {
      const { run, observed } = await start();
      for (const time of TIMES) {
        const outcome = await run({ query: LIVE });
        if (outcome.kind !== 'events') throw new Error(`expected events, got ${JSON.stringify(outcome)}`);
        expect(observed).toHaveLength(time - 1);
        const events: unknown[] = [];
        for await (const event of outcome.events) events.push(event);
        expect(events).toEqual([{ data: { runUpdated: { status: 'COMPLETED' } } }]);
        expect(observed.at(-1)).toMatchObject({ name: 'Live', type: 'subscription', outcome: 'ok', events: 1 });
      }
    });

    it('to one of several operations by its name, with the variables that were sent', async () => {
      const { run } = await start();
      const query = `${RUN} ${LIVE.replace('Live', 'Live($id: ID!)').replace('"r1"', '$id')}`;
      for (const time of TIMES) {
        const outcome = await run({ query, operationName: 'Live', variables: { id: 'r1' } });
        if (outcome.kind !== 'events') throw new Error(`expected events, got ${JSON.stringify(outcome)}`);
        expect({ time, event: await outcome.events.next() }).toMatchObject({
          time,
          event: { value: { data: { runUpdated: { status: 'COMPLETED' } } } },
        });
        await outcome.events.return(undefined);
      }
    });

    it('nobody without a key', async () => {
      const { run } = await start();
      for (const key of [null, 'key-1', null]) {
        const outcome = await run({ query: LIVE }, { key });
        expect(codesOf(outcome)).toEqual(key === null ? ['UNAUTHENTICATED'] : ['events']);
        if (outcome.kind === 'events') await outcome.events.return(undefined);
        else expect(outcome).toMatchObject({ status: 400, result: { errors: [{ path: ['runUpdated'] }] } });
      }
    });
  });

  it('tells who observes of each operation', async () => {
    const { ask, observed } = await start();
    for (const time of TIMES) {
      await ask({ query: RUN });
      await ask({ query: RUN }, { client: { isGone: () => true } });
      expect(observed.slice(-2)).toMatchObject([
        {
          name: 'Status',
          type: 'query',
          queryHash: hash('sha256', RUN),
          outcome: 'ok',
          upstreamCalls: time === 1 ? 1 : 0,
        },
        { name: 'Status', outcome: 'abandoned' },
      ]);
    }
    await ask({ query: '{ nope }' }, { key: null });
    expect(observed.at(-1)).toMatchObject({
      name: null,
      type: 'unknown',
      viewerId: null,
      queryHash: null,
      outcome: 'client_error',
    });
  });

  it('does not execute the query of a client that has left, but its mutation', async () => {
    const { ask, observed } = await start();
    for (const query of [RUN, START]) await ask({ query }, { client: { isGone: () => true } });
    expect(observed.slice(-2)).toMatchObject([
      { type: 'query', outcome: 'abandoned', upstreamCalls: 0 },
      { type: 'mutation', outcome: 'abandoned', upstreamCalls: 2 },
    ]);
  });

  describe('registers the text of a hash', () => {
    const allow = { environment: { PERSISTED_OPERATIONS: 'allow' } };
    const NOT_FOUND = ['PERSISTED_QUERY_NOT_FOUND'];

    it('for a key that is accepted, whose errors are its own', async () => {
      const { ask } = await start(allow);
      await ask({ query: RUN, variables: { id: 'missing' }, ...byHash(RUN) });
      expect(codesOf(await ask(byHash(RUN)))).toEqual(NOT_FOUND);
      await ask({ query: RUN, ...byHash(RUN) });
      expect(codesOf(await ask(byHash(RUN)))).toEqual([]);
      const other = `${RUN} `;
      await ask({ query: other, variables: { id: 'missing' }, ...byHash(other) });
      expect(codesOf(await ask(byHash(other)))).toEqual([]);
    });

    it('for nobody and for no made-up key, also where the upstream is not asked', async () => {
      const { ask, run } = await start(allow);
      for (const query of ['{ __typename }', 'mutation { __typename }', RUN, START, LIVE]) {
        for (const key of [null, 'bad-key']) await end(await run({ query, ...byHash(query) }, { key }));
        expect(codesOf(await ask(byHash(query)))).toEqual(NOT_FOUND);
      }
    });

    it('by a first start, and by anything for a key that the gateway itself has accepted', async () => {
      const { ask } = await start(allow);
      await ask({ query: START, ...byHash(START) });
      expect(codesOf(await ask(byHash(START)))).toEqual([]);
      await pipeline.close();
      const verified = await start({ ...allow, isVerified: true });
      for (const query of ['{ __typename }', LIVE]) {
        await end(await verified.run({ query, ...byHash(query) }));
        expect(codesOf(await end(await verified.run(byHash(query))))).not.toEqual(NOT_FOUND);
      }
    });

    it('of a subscription, too', async () => {
      const { run } = await start(allow);
      await run({ query: RUN });
      for (const params of [{ query: LIVE, ...byHash(LIVE) }, byHash(LIVE)]) {
        expect(codesOf(await end(await run(params)))).toEqual(['events']);
      }
    });

    it('only where something was executed', async () => {
      const { ask } = await start(allow);
      for (const [query, params] of [
        ['{ nope }', {}],
        [RUN, { operationName: 'Other' }],
        [RUN, { variables: { id: ['r1'] } }],
      ] as const) {
        await ask({ query: RUN });
        await ask({ query, ...params, ...byHash(query) });
        expect(codesOf(await ask(byHash(query)))).toEqual(NOT_FOUND);
      }
    });
  });

  it('shows plugins each sending, with what is answered', async () => {
    const seen: unknown[] = [];
    const plugin: StepgatePlugin = {
      requestDidStart: () =>
        Promise.resolve({
          willSendResponse({ response: { body } }) {
            seen.push(body.kind === 'single' && JSON.parse(JSON.stringify(body.singleResult)));
            return Promise.resolve();
          },
        }),
    };
    const { ask, run } = await start({ plugins: [plugin] });
    for (const time of TIMES) {
      seen.length = 0;
      const answers = [
        await ask({ query: RUN }),
        await ask({ query: RUN, variables: { id: 'missing' } }),
        await ask({ query: RUN, variables: { id: ['r1'] } }),
        await ask({ query: RUN, operationName: 'Other' }),
      ];
      const outcome = await run({ query: LIVE });
      if (outcome.kind === 'events') await outcome.events.return(undefined);
      expect({ time, seen }).toEqual({
        time,
        seen: [
          ...answers.map(({ result: { data, errors } }) => ({
            ...(data !== undefined && { data }),
            ...(errors && {
              errors: errors.map(({ message, path, extensions }) => ({ message, ...(path && { path }), extensions })),
            }),
          })),
          { data: null },
        ],
      });
    }
  });
});
