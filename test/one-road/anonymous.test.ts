import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { NOBODY } from '../../src/auth/caller.ts';
import { readConfig } from '../../src/config/config.ts';
import { createApollo } from '../../src/graphql/apollo/apollo.ts';
import { createQueryCompiler } from '../../src/graphql/compiled/compiled-query.ts';
import { createLookAhead } from '../../src/graphql/fields/data-requirements.ts';
import { createCostModel } from '../../src/graphql/operations/cost.ts';
import { createDocuments, type PreparedDocument } from '../../src/graphql/operations/documents.ts';
import { createErrorFormatting } from '../../src/graphql/operations/error-formatting.ts';
import { createExecutor } from '../../src/graphql/operations/executor.ts';
import { createHoldAnswer } from '../../src/graphql/operations/held-answers.ts';
import { createOperationPipeline } from '../../src/graphql/operations/operation-pipeline.ts';
import {
  createPersistedOperations,
  type ResolvedOperation,
} from '../../src/graphql/operations/persisted-operations.ts';
import { sandboxState } from '../../src/graphql/apollo/sandbox.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createReadingQueue } from '../../src/graphql/reading-turns.ts';
import { createEventGuard } from '../../src/graphql/subscriptions/authorized-events.ts';
import { createLiveExecution } from '../../src/graphql/subscriptions/live-execution.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createObserver } from '../../src/observability/observer.ts';
import { createRuns } from '../../src/runs/runs.ts';
import { createUpstreamClient } from '../../src/upstream/client.ts';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { captureLog, NO_CLIENT } from '../support/observed.ts';
import { viewerOf } from '../support/operations.ts';
import { openSocket, openStream } from '../harness/live-client.ts';

const commented = (number: number, length: number) => `{__typename}#${number} ${'x'.repeat(length)}`;

/** The operation pipeline with a look at what it keeps. */
async function createPipeline() {
  const clock = createManualClock();
  const { logger } = captureLog('silent');
  const config = readConfig({ UPSTREAM_URL: 'http://127.0.0.1:9/' });
  const schema = createSchema();
  const observer = createObserver({ metrics: createMetrics(), logger, tracer: null, client: NO_CLIENT });
  const upstream = createUpstreamClient({
    baseUrl: 'http://127.0.0.1:9/',
    timeoutMs: 1000,
    concurrency: 1,
    endpoints: config.upstreamEndpoints,
    maxResponseBytes: 1000,
    observer,
  });
  const lookAhead = createLookAhead(schema);
  const runs = createRuns({ config, upstream, isVerified: false, fleet: null, ...clock });
  const documents = createDocuments({
    schema,
    costModel: createCostModel({ schema, lookAhead, offersRecords: true, maxObjects: 25_000 }),
    compiler: createQueryCompiler(schema),
    maxBytes: 1_000_000,
  });
  const persisted = createPersistedOperations({ mode: 'allow', manifests: new Map(), maxBytes: 1_000_000 });
  const keep = jest.fn((document: PreparedDocument) => {
    documents.keep(document);
  });
  const register = jest.fn((operation: ResolvedOperation) => {
    persisted.register(operation);
  });
  const errors = createErrorFormatting(logger);
  const budgets = { maxUpstreamCalls: 10, maxObjects: 1000 };
  const contextSource = {
    ...runs,
    lookAhead,
    readingQueue: createReadingQueue(),
    ...budgets,
    isVerified: false,
    prices: null,
    now: clock.now,
  };
  const apollo = await createApollo({
    schema,
    introspection: true,
    sandbox: sandboxState(config),
    plugins: [],
    logger,
  });
  const live = createLiveExecution({ schema, contextSource, errors, maxAnswerBytes: 1_000_000 });
  const limits = { maxCalls: 100, maxObjects: 1000 };
  const holdAnswer = createHoldAnswer(errors, 1_000_000);
  const pipeline = createOperationPipeline({
    persisted: { ...persisted, register },
    documents: { ...documents, keep },
    parseAndValidate: apollo.parseAndValidate,
    hasPlugins: false,
    execute: createExecutor({ schema, documents, errors, live, holdAnswer, ...limits }),
    holdAnswer,
    errors,
    guardEvents: createEventGuard(clock),
    contextSource,
    isProven: () => true,
    observer,
  });
  const run = (query: string, key: string | null) => {
    const caller = key === null ? NOBODY : { ...NOBODY, viewer: viewerOf(key) };
    const sha256Hash = createHash('sha256').update(query).digest('hex');
    return pipeline.run({
      transport: 'http',
      requestId: 'r',
      traceparent: undefined,
      unaccepted: null,
      params: { query, extensions: { persistedQuery: { version: 1, sha256Hash } } },
      caller,
      authenticate: () => caller,
      allowed: new Set(['query']),
      client: {
        signal: () => new AbortController().signal,
        isGone: () => false,
        hold: () => () => undefined,
        holdWhenFree: () => Promise.resolve(() => undefined),
      },
    });
  };
  const close = async () => {
    await apollo.close();
    runs.livePollers.close();
    upstream.close();
  };
  return { run, keep, register, documents, close };
}

describe('for a caller without a key', () => {
  it('no operation is kept, however many come', async () => {
    const { run, keep, register, documents, close } = await createPipeline();
    for (let number = 0; number < 2000; number += 1) {
      const outcome = await run(commented(number, 1000), null);
      expect(outcome).toMatchObject({ kind: 'answer', result: { data: { __typename: 'Query' } } });
    }
    expect(keep).not.toHaveBeenCalled();
    expect(register).not.toHaveBeenCalled();
    // With a key it is kept, and of thousands only what fits.
    for (let number = 0; number < 2000; number += 1) await run(commented(number, 1000), 'key-1');
    const kept = Array.from({ length: 2000 }, (_, number) => documents.find(commented(number, 1000))).filter(Boolean);
    expect(kept.length).toBeGreaterThan(100);
    expect(kept.length).toBeLessThan(500);
    await close();
  });

  it.each<string | null>([null, 'key-1'])(
    'and with one a text over 128 KiB is refused before it is parsed: %s',
    async (key) => {
      const { run, keep, close } = await createPipeline();
      for (const query of [commented(1, 131_072), '{'.repeat(131_073)]) {
        const outcome = await run(query, key);
        expect(outcome).toMatchObject({
          result: {
            errors: [
              {
                message: expect.stringContaining('at most 131072 are allowed'),
                extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
              },
            ],
          },
        });
      }
      expect(keep).not.toHaveBeenCalled();
      await close();
    },
  );

  describe('the rate is limited by its address', () => {
    let clock: ManualClock;
    let upstream: FaultyUpstream;
    let gateway: TestGateway;

    async function start(environment: Record<string, string> = {}): Promise<void> {
      gateway = await startGateway(
        { UPSTREAM_URL: upstream.url, RATE_LIMIT_ANONYMOUS_PER_MINUTE: '6', ...environment },
        { now: clock.now, after: clock.after },
      );
    }
    beforeEach(async () => {
      clock = createManualClock();
      upstream = await startFaultyUpstream();
    });
    afterEach(async () => {
      await gateway.close();
      await upstream.close();
    });

    const ask = (headers: Record<string, string> = {}, query = '{ __typename }') =>
      fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
    const LIMITED = {
      message: 'Rate limit exceeded: 6 operations per minute. Try again in 10 s.',
      extensions: { code: 'RATE_LIMITED', retryable: true, retryAfterSeconds: 10 },
    };

    const RUN = '{ run(workflowId: "wf", id: "r1") { id status } }';

    it("and 429 has GraphQL's form", async () => {
      await start();
      // It counts as well: its key is not accepted before.
      await gateway.query(RUN);
      clock.advance(60_000);
      for (let time = 0; time < 6; time += 1) {
        const answer = await ask();
        expect([answer.status, answer.headers.get('ratelimit-limit')]).toEqual([200, null]);
      }
      const refused = await ask();
      expect(refused.status).toBe(429);
      expect(Object.fromEntries(refused.headers)).toMatchObject({ 'ratelimit-limit': '6', 'retry-after': '10' });
      expect(refused.headers.get('content-type')).toMatch(/^application\/json/);
      expect(await refused.json()).toMatchObject({ errors: [LIMITED] });
      expect((await gateway.query('{ __typename }')).status).toBe(200);
      clock.advance(10_000);
      expect((await ask()).status).toBe(200);
      expect((await ask()).status).toBe(429);
    });

    it('over every transport together, whatever is asked', async () => {
      await start();
      await gateway.query(RUN);
      clock.advance(60_000);
      for (const query of ['{ nonsense', '{ __typename }', '{ run(workflowId: "wf", id: "r1") { id } }']) {
        await ask({}, query);
        await (await openStream(gateway.url, { query }, null)).next();
      }
      const stream = await openStream(gateway.url, { query: '{ __typename }' }, null);
      expect([stream.status, await stream.body()]).toMatchObject([429, { errors: [LIMITED] }]);
      expect((await ask()).status).toBe(429);
      const socket = await openSocket(gateway.url, { authorization: 'Bearer key-1' });
      socket.subscribe({ query: '{ __typename }' });
      expect(await socket.nextData()).toEqual({ __typename: 'Query' });
      socket.cut();
    });

    it('also for sockets whose key is refused', async () => {
      await start();
      const closeCodes: number[] = [];
      for (let time = 0; time < 7; time += 1) {
        const frame = await (await openSocket(gateway.url, { authorization: 'Bearer not a key' })).next();
        if (frame.type === 'closed') closeCodes.push(frame.code);
      }
      expect(closeCodes).toEqual([4401, 4401, 4401, 4401, 4401, 4401, 1013]);
      expect((await ask()).status).toBe(429);
    });

    it('that a client cannot make up, unless a trusted proxy names it', async () => {
      await start();
      for (let time = 0; time < 6; time += 1) await ask({ 'x-forwarded-for': `10.0.0.${time}` });
      expect((await ask({ 'x-forwarded-for': '10.0.0.9' })).status).toBe(429);
      await gateway.close();
      await start({ TRUST_PROXY: '1' });
      for (let time = 0; time < 6; time += 1) await ask({ 'x-forwarded-for': '10.0.0.1' });
      // The proxy adds the last address. What stands before it came from the client.
      expect((await ask({ 'x-forwarded-for': '10.0.0.77, 10.0.0.1' })).status).toBe(429);
      expect((await ask({ 'x-forwarded-for': '10.0.0.1, 10.0.0.2' })).status).toBe(200);
    });
  });
});
