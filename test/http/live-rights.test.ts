/** A subscription ends when a new request of its caller would be rejected. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GatewayError, type Identity } from 'stepgate';
import type { After } from '../../src/runtime/clock.ts';
import { createManualClock } from '../harness/clock.ts';
import { createSigningKey, Issuer, secondsOf } from '../harness/issuer.ts';
import { cutAfterTest, perTest } from '../harness/lasting.ts';
import { type LiveClient, openSocket, type SocketClient, subscribe, type Transport } from '../harness/live-client.ts';
import { LiveRun } from '../harness/live-run.ts';
import { until } from '../harness/until.ts';

const WATCH = 'subscription { runUpdated(workflowId: "wf", id: "r1") { run { stepCounts { total } } } }';
const QUERY = '{ run(workflowId: "wf", id: "r1") { id } }';
const MUTATION = 'mutation { executeWorkflow(workflowId: "wf") { message } }';
const withSteps = (total: number) => ({ runUpdated: { run: { stepCounts: { total } } } });
const VALID_MS = 8000;

describe.each<Transport>(['graphql-ws', 'graphql-sse'])('the right to watch a run over %s', (transport) => {
  const clock = createManualClock();
  /** The current answer of the embedder's hook. */
  let identify: () => Identity | null;
  let checks = 0;
  const valid = (forMs = VALID_MS): Identity => ({
    upstreamKey: 'key-1',
    workflowIds: 'all',
    expiresAt: clock.now() + forMs,
  });
  beforeEach(() => {
    identify = valid;
  });
  const run = perTest(
    new LiveRun({
      clock,
      authenticate() {
        checks += 1;
        return identify();
      },
    }),
  );
  const keep = cutAfterTest<LiveClient>();
  async function watch(): Promise<LiveClient> {
    const client = keep(await subscribe(transport, run.gateway.url, WATCH));
    expect(await client.nextData()).toEqual(withSteps(1));
    checks = 0;
    return client;
  }
  const settled = () => fetch(`${run.gateway.url}/healthz`);

  it.each<[string, string, () => Identity | null]>([
    ['is refused', 'UNAUTHENTICATED', () => null],
    ['has become that of another caller', 'UNAUTHENTICATED', () => ({ upstreamKey: 'key-2', workflowIds: 'all' })],
    ['has become narrower', 'UNAUTHENTICATED', () => ({ upstreamKey: 'key-1', workflowIds: ['wf'] })],
    [
      'is refused for a reason of the embedder',
      'FORBIDDEN',
      () => {
        throw new GatewayError('FORBIDDEN', 'your contract has ended');
      },
    ],
    [
      'cannot be verified',
      'IDENTITY_UNAVAILABLE',
      () => {
        throw new Error('the database is down');
      },
    ],
  ])('ends at once if its credential %s, even without an event: %s', async (_, code, identity) => {
    const client = await watch();
    identify = identity;
    clock.advance(VALID_MS - 1);
    await settled();
    expect([checks, client.waiting]).toEqual([0, 0]);
    clock.advance(1);
    expect(await client.nextErrorCode()).toBe(code);
    expect(checks).toBe(1);
  });

  it('lasts while it is renewed', async () => {
    const client = await watch();
    for (let renewals = 1; renewals <= 3; renewals += 1) {
      clock.advance(VALID_MS);
      await until(() => checks >= renewals);
      // The next check is scheduled after this one is answered.
      await until(() => clock.pending.includes(VALID_MS));
    }
    run.steps = 2;
    // A pending poll sets its next timer when it is answered.
    await until(() => {
      clock.advance(500);
      return client.waiting > 0;
    });
    expect(await client.nextData()).toEqual(withSteps(2));
  });

  it('is checked before each event, even with a late timer', async () => {
    const ALL_TIMERS_OF_POLLS = 5000;
    const after: After = (ms, task) =>
      ms > ALL_TIMERS_OF_POLLS && ms <= VALID_MS ? () => undefined : clock.after(ms, task);
    await run.restart({ clock: { now: clock.now, after } });
    const client = await watch();
    identify = () => null;
    run.steps = 2;
    clock.advance(VALID_MS + 1);
    expect(await client.nextErrorCode()).toBe('UNAUTHENTICATED');
  });

  it('is checked at most once a second without events', async () => {
    identify = () => valid(10);
    await watch();
    for (let seconds = 0; seconds < 10; seconds += 0.25) {
      clock.advance(250);
      await settled();
    }
    expect(checks).toBeGreaterThanOrEqual(8);
    expect(checks).toBeLessThanOrEqual(12);
  });
});

describe('a signing key that the issuer withdraws', () => {
  /** Less than two keep-alive beats, after which a connection would be cut. */
  const STEP_MS = 10_000;
  /** The issuer's keys are read again after 10 minutes, and each caller is checked again after REAUTH_INTERVAL_MS. */
  const AT_MOST_MS = 600_000 + 300_000;
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is rejected on open connections, as over HTTP', async () => {
    const clock = createManualClock();
    // jose reads the machine's clock.
    jest.spyOn(Date, 'now').mockImplementation(clock.now);
    const issuer = await new Issuer(clock.now).open();
    const environment = { ...issuer.env, UPSTREAM_ENDPOINTS: 'steps,run,execute' };
    const run = await new LiveRun({ env: environment, clock }).open();
    const key = await issuer.token({ exp: secondsOf(clock.now()) + 86_400 });
    const byHttp = async (query: string) => (await run.gateway.query(query, { key })).errors[0]?.extensions.code;
    const bySocket = async (socket: SocketClient, query: string, id: string) => {
      socket.subscribe({ query }, id);
      const frame = await socket.next();
      if (frame.type === 'next') expect(await socket.next()).toEqual({ type: 'complete' });
      const errors = frame.type === 'next' ? frame.payload.errors : frame.type === 'error' ? frame.errors : [];
      return errors?.[0]?.extensions.code;
    };

    const asking = await openSocket(run.gateway.url, { authorization: `Bearer ${key}` });
    const watching = [
      await subscribe('graphql-ws', run.gateway.url, WATCH, { key }),
      await subscribe('graphql-sse', run.gateway.url, WATCH, { key }),
    ] as const;
    for (const client of watching) expect(await client.nextData()).toEqual(withSteps(1));
    issuer.keys = [await createSigningKey('second')];
    let passedMs = 0;
    while ((await byHttp(QUERY)) === undefined) {
      expect(await bySocket(asking, QUERY, `q${passedMs}`)).toBeUndefined();
      for (const { waiting } of watching) expect(waiting).toBe(0);
      passedMs += STEP_MS;
      clock.advance(STEP_MS);
      for (const open of [asking, watching[0] as SocketClient]) await open.roundTrip();
    }
    expect(passedMs).toBeGreaterThanOrEqual(600_000);
    expect(passedMs).toBeLessThanOrEqual(AT_MOST_MS);
    // Nothing more is sent, although the run continues.
    run.steps = 2;
    for (const client of watching) expect(await client.nextErrorCode()).toBe('UNAUTHENTICATED');
    for (const query of [QUERY, MUTATION, WATCH]) expect(await bySocket(asking, query, query)).toBe('UNAUTHENTICATED');
    expect(await byHttp(MUTATION)).toBe('UNAUTHENTICATED');
    expect(run.upstream.count('execute')).toBe(0);
    for (const client of [asking, ...watching]) client.cut();
    await run.close();
    await issuer.close();
  });
});
