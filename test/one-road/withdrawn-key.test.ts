import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { createSigningKey, secondsOf, startIssuer, type Issuer } from '../harness/issuer.ts';
import { openSocket, openStream, type LiveClient, type SocketClient } from '../harness/live-client.ts';
import { startLiveRun, type LiveRun } from '../harness/live-run.ts';
import { settle } from '../support/operations.ts';

const WATCH = 'subscription { runUpdated(workflowId: "wf", id: "r1") { stepCounts { total } } }';
const QUERY = '{ run(workflowId: "wf", id: "r1") { id } }';
const MUTATION = 'mutation { executeWorkflow(workflowId: "wf") { message } }';
/** Less than two keep-alive beats, after which a connection would be cut. */
const STEP_MS = 10_000;
/** The issuer's keys are read again after 10 minutes, and each caller is checked again after REAUTH_INTERVAL_MS. */
const AT_MOST_MS = 600_000 + 300_000;

describe('a signing key that the issuer withdraws', () => {
  let clock: ManualClock;
  let issuer: Issuer;
  let run: LiveRun;
  let token: string;

  beforeEach(async () => {
    clock = createManualClock();
    issuer = await startIssuer(clock.now);
    run = await startLiveRun(
      { ...issuer.environment, UPSTREAM_ENDPOINTS: 'steps,run,execute' },
      { now: clock.now, after: clock.after },
    );
    token = await issuer.token({ exp: secondsOf(clock.now()) + 86_400 });
  });
  afterEach(async () => {
    await run.close();
    await issuer.close();
  });

  async function byHttp(query: string): Promise<string | null> {
    const { errors } = await run.gateway.query(query, { key: token });
    return errors[0]?.extensions.code ?? null;
  }

  /** The code of the first error of an answer over the open socket. */
  async function bySocket(socket: SocketClient, query: string, id: string): Promise<string | null> {
    socket.subscribe({ query }, id);
    const frame = await socket.next();
    const errors = frame.type === 'next' ? frame.payload.errors : frame.type === 'error' ? frame.errors : [];
    if (frame.type === 'next') expect(await socket.next()).toEqual({ type: 'complete' });
    return errors?.[0]?.extensions.code ?? null;
  }

  it('opens nothing on an open connection from the moment on at which HTTP refuses it', async () => {
    run.reply = null;
    const authorization = `Bearer ${token}`;
    const asking = await openSocket(run.gateway.url, { authorization });
    const socket = await openSocket(run.gateway.url, { authorization });
    socket.subscribe({ query: WATCH });
    const stream = await openStream(run.gateway.url, { query: WATCH }, token);
    const watching: readonly LiveClient[] = [socket, stream];
    for (const client of watching)
      expect(await client.nextData()).toEqual({ runUpdated: { stepCounts: { total: 1 } } });

    issuer.keys = [await createSigningKey('second')];
    let refusedAfterMs = 0;
    for (let passedMs = 0; refusedAfterMs === 0; passedMs += STEP_MS) {
      expect(passedMs).toBeLessThanOrEqual(AT_MOST_MS);
      const [http, ws] = [await byHttp(QUERY), await bySocket(asking, QUERY, `q${passedMs}`)];
      expect({ passedMs, ws }).toEqual({ passedMs, ws: http });
      if (http !== null) {
        expect(http).toBe('UNAUTHENTICATED');
        refusedAfterMs = passedMs;
        break;
      }
      for (const client of watching) expect({ passedMs, waiting: client.waiting }).toEqual({ passedMs, waiting: 0 });
      clock.advance(STEP_MS);
      for (const open of [asking, socket]) await open.roundTrip();
      await settle();
    }
    expect(refusedAfterMs).toBeGreaterThanOrEqual(600_000);

    // Nothing more is told, although the run goes on.
    run.steps = 2;
    for (const client of watching) {
      expect(await client.nextErrorCode()).toBe('UNAUTHENTICATED');
    }
    expect(await byHttp(MUTATION)).toBe('UNAUTHENTICATED');
    expect(await bySocket(asking, MUTATION, 'm')).toBe('UNAUTHENTICATED');
    expect(await bySocket(asking, WATCH, 's')).toBe('UNAUTHENTICATED');
    expect(run.upstream.count('execute')).toBe(0);
    for (const client of [asking, ...watching]) client.cut();
  });
});
