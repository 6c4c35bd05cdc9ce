/**
 * Answers of a gateway in any order of requests, answers, rejections, outages, disconnects and time. Each value names
 * its upstream call, so each answer can be checked.
 */
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createManualClock } from '../harness/clock.ts';
import { type GraphqlAnswer, TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { codesOf } from '../harness/operations.ts';
import { until } from '../harness/until.ts';
import type { HeldCall, HeldCalls, Reply } from '../harness/upstream.ts';
import { wireStep } from '../harness/wire.ts';

const LIVE_TTL_MS = 2000;
const REAUTH_INTERVAL_MS = 10_000;
const STALE_IF_ERROR_MS = 20_000;
const MISS_MS = 1000;
/** Space for a few answers. */
const CACHE_MAX_BYTES = 12_000;

const KEYS = ['ada', 'bob'];
const WORKFLOWS = ['w1', 'w2'];

type Outcome = 'live' | 'final' | 401 | 403 | 404 | 500;
const outcome = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Outcome>('live', 'final') },
  { weight: 2, arbitrary: fc.constantFrom<Outcome>(401, 403) },
  { weight: 2, arbitrary: fc.constant<Outcome>(404) },
  { weight: 4, arbitrary: fc.constant<Outcome>(500) },
);
const ask = fc.record({
  does: fc.constant('ask' as const),
  key: fc.constantFrom(...KEYS),
  workflow: fc.constantFrom(...WORKFLOWS),
});
/** `pick` chooses among the pending calls or requests. */
const answer = fc.record({ does: fc.constant('answer' as const), pick: fc.nat(7), outcome });
const leave = fc.record({ does: fc.constant('leave' as const), pick: fc.nat(7) });
const wait = fc.record({
  does: fc.constant('wait' as const),
  ms: fc.constantFrom(1, 500, MISS_MS, LIVE_TTL_MS - 1, LIVE_TTL_MS, REAUTH_INTERVAL_MS, STALE_IF_ERROR_MS),
});
const action = fc.oneof(
  { weight: 5, arbitrary: ask },
  { weight: 4, arbitrary: answer },
  { weight: 1, arbitrary: leave },
  { weight: 2, arbitrary: wait },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

interface UpstreamCall {
  readonly held: HeldCall;
  readonly key: string;
  readonly workflow: string;
  readonly startedIn: number;
  readonly startedAt: number;
  outcome: Outcome | 'cut' | null;
  answeredIn: number;
  answeredAt: number;
  /** Whether a rejection evicts: a 401 all that is cached for the key, a 403 the workflow. */
  evicts: boolean;
}

interface Request {
  readonly key: string;
  readonly workflow: string;
  readonly askedIn: number;
  readonly client: AbortController;
  isOpen: boolean;
}

const counts = { called: 0, cached: 0, stale: 0, denied: 0, repeated: 0, missing: 0, failed: 0, left: 0 };

const clock = createManualClock();
const gateway = perBlock(new TestGateway({ clock: { now: clock.now } }));
const { upstream } = gateway;

/** Throws if an answer or a call breaks a rule. */
async function play(actions: readonly Action[], forbidden: string | null): Promise<void> {
  await gateway.restart({
    env: {
      UPSTREAM_ENDPOINTS: 'steps',
      LIVE_TTL_MS: `${LIVE_TTL_MS}`,
      REAUTH_INTERVAL_MS: `${REAUTH_INTERVAL_MS}`,
      STALE_IF_ERROR_MS: `${STALE_IF_ERROR_MS}`,
      CACHE_MAX_BYTES: `${CACHE_MAX_BYTES}`,
    },
  });
  const held: HeldCalls = upstream.holdEach();
  const calls: UpstreamCall[] = [];
  const requests: Request[] = [];
  /** Workflows that were rejected by 403 and not allowed since. */
  const denied = new Set<string>();
  const broken: unknown[] = [];
  let turn = 0;

  const isOpen = (call: UpstreamCall) => call.outcome === null;
  const waitingFor = ({ key, workflow }: UpstreamCall) =>
    requests.filter((request) => request.isOpen && request.key === key && request.workflow === workflow);
  const ofKey = (key: string) => calls.filter((call) => call.key === key && !isOpen(call));
  const lastOf = (refusals: readonly UpstreamCall[]) => Math.max(-1, ...refusals.map(({ answeredIn }) => answeredIn));
  const lastDrop = (key: string) => lastOf(ofKey(key).filter(({ outcome }) => outcome === 401));
  const lastEviction = (key: string, workflow: string) =>
    lastOf(ofKey(key).filter((call) => call.evicts && (call.outcome === 401 || call.workflow === workflow)));
  /** Successful calls that were sent after the last 401. */
  const proofs = (key: string) =>
    ofKey(key).filter(
      (call) => (call.outcome === 'live' || call.outcome === 'final') && call.startedIn >= lastDrop(key),
    );

  function takeCalls(): void {
    for (const one of held.waiting) {
      if (calls.some((call) => call.held === one)) continue;
      const { key = '', workflowId: workflow } = one;
      const twin = calls.find((call) => isOpen(call) && call.key === key && call.workflow === workflow);
      if (twin) throw new Error(`a second call for ${workflow} of ${key} while one is under way`);
      const unanswered = { outcome: null, answeredIn: -1, answeredAt: -1, evicts: false };
      const call: UpstreamCall = { held: one, key, workflow, startedIn: turn, startedAt: clock.now(), ...unanswered };
      calls.push(call);
    }
  }

  function end(call: UpstreamCall, outcome: Outcome): void {
    const place = `${call.key} ${call.workflow}`;
    if (outcome === 403 && denied.has(place)) counts.repeated += 1;
    Object.assign(call, { outcome, answeredIn: turn, answeredAt: clock.now() });
    call.evicts = outcome === 401 || (outcome === 403 && !denied.has(place));
    if (outcome === 403) denied.add(place);
    if (outcome === 'live' || outcome === 'final') denied.delete(place);
    const step = { id: `${calls.indexOf(call)}`, ...(outcome === 'live' && { status: 'running', end_time: null }) };
    const reply: Reply = typeof outcome === 'number' ? { status: outcome } : { json: [wireStep(step)] };
    call.held.answer(reply);
  }

  function checkValue({ key, workflow, askedIn }: Request, { data }: GraphqlAnswer): void {
    const { run } = data as unknown as { run: { steps: { id: string }[]; freshness: { isStale: boolean } } };
    const call = calls[Number(run.steps[0]?.id)];
    // Each key gets the value of its call.
    expect(call).toMatchObject({ key, workflow });
    if (!call) return;
    const { isStale } = run.freshness;
    if (call.answeredIn === turn) {
      expect(isStale).toBe(false);
      counts.called += 1;
      return;
    }
    // Nothing from before a rejection is served after it.
    const evictedIn = lastEviction(key, workflow);
    if (askedIn > evictedIn) expect(call.startedIn).toBeGreaterThanOrEqual(evictedIn);
    const lifetimeMs = call.outcome === 'final' ? Infinity : LIVE_TTL_MS;
    const provenAt = Math.max(...proofs(key).map(({ startedAt }) => startedAt));
    if (isStale) {
      const staleSince = Math.min(call.answeredAt + lifetimeMs, provenAt + REAUTH_INTERVAL_MS);
      expect(clock.now()).toBeLessThanOrEqual(staleSince + STALE_IF_ERROR_MS);
      counts.stale += 1;
    } else {
      expect(clock.now() - call.answeredAt).toBeLessThan(lifetimeMs);
      const isRenewed = proofs(key).some(({ answeredIn }) => answeredIn === turn);
      expect(isRenewed || clock.now() - provenAt < REAUTH_INTERVAL_MS).toBe(true);
      counts.cached += 1;
    }
  }

  function checkError({ key, workflow }: Request, [code]: readonly string[]): void {
    const wanted = { UNAUTHENTICATED: 401, FORBIDDEN: 403, NOT_FOUND: 404, UPSTREAM_UNAVAILABLE: 500 }[code ?? ''];
    const causes = ofKey(key).filter((call) => call.outcome === wanted);
    if (code === 'UNAUTHENTICATED' || code === 'FORBIDDEN') {
      // Only requests that waited for a rejection get it.
      expect(causes.some(({ answeredIn }) => answeredIn === turn)).toBe(true);
      counts.denied += 1;
      return;
    }
    const agesOf = (some: readonly UpstreamCall[]) =>
      Math.min(...some.map(({ answeredAt }) => clock.now() - answeredAt));
    if (code === 'NOT_FOUND') expect(agesOf(causes.filter((call) => call.workflow === workflow))).toBeLessThan(MISS_MS);
    else expect([code, agesOf(causes) < LIVE_TTL_MS]).toEqual(['UPSTREAM_UNAVAILABLE', true]);
    counts[code === 'NOT_FOUND' ? 'missing' : 'failed'] += 1;
  }

  function send(key: string, workflow: string): void {
    const client = new AbortController();
    const request: Request = { key, workflow, askedIn: turn, client, isOpen: true };
    requests.push(request);
    const document = `{ run(workflowId: "${workflow}", id: "r") { steps { id } freshness { isStale } } }`;
    gateway
      .query(document, { key, signal: client.signal })
      .then((given) => {
        if (given.errors.length > 0) checkError(request, codesOf(given));
        else checkValue(request, given);
      })
      .catch((error: unknown) => {
        if (client.signal.aborted) counts.left += 1;
        else broken.push(error);
      })
      .finally(() => {
        request.isOpen = false;
      });
  }

  /** Each open request waits for a call of its key. */
  const isQuiet = () => {
    takeCalls();
    return requests.every(
      (request) => !request.isOpen || calls.some((call) => isOpen(call) && call.key === request.key),
    );
  };

  async function perform(action: Action): Promise<void> {
    turn += 1;
    const open = calls.filter(isOpen);
    const waiting = requests.filter((request) => request.isOpen);
    if (action.does === 'ask') send(action.key, action.workflow);
    else if (action.does === 'wait') clock.advance(action.ms);
    else if (action.does === 'leave') {
      const request = waiting[action.pick % waiting.length];
      request?.client.abort();
      await until(() => !request?.isOpen);
      for (const call of open.filter((one) => one.key === request?.key && waitingFor(one).length === 0)) {
        await call.held.cut;
        Object.assign(call, { outcome: 'cut', answeredIn: turn, answeredAt: clock.now() });
        call.held.answer({});
      }
    } else {
      const call = open[action.pick % open.length];
      const answered = call ? waitingFor(call) : [];
      if (call) end(call, call.workflow === forbidden && action.pick > 1 ? 403 : action.outcome);
      // A request that waits for a renewed right may then make its own call.
      await until(() => {
        takeCalls();
        const isCalled =
          call && calls.some((one) => isOpen(one) && one.key === call.key && one.workflow === call.workflow);
        return isCalled === true || answered.every((request) => !request.isOpen);
      });
    }
    if (action.does === 'wait') return;
    await gateway.taken();
    await until(isQuiet);
    if (broken.length > 0) throw broken[0];
    expect(gateway.cachedBytes()).toBeLessThanOrEqual(CACHE_MAX_BYTES);
  }

  for (const each of actions) await perform(each);
  while (calls.some(isOpen)) await perform({ does: 'answer', pick: 0, outcome: 'live' });
  await until(() => requests.every((request) => !request.isOpen));
  if (broken.length > 0) throw broken[0];
}

it('isolates keys, respects rejections and lifetimes, and makes single calls', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 1, maxLength: 60, size: 'max' }),
      fc.constantFrom('w2', null, null),
      play,
    ),
    { seed: 20_261_124, numRuns: 11 },
  );
  // Each kind of answer occurred. Otherwise the checks would prove little.
  expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([]);
});
