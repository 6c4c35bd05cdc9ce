import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createManualClock, type ManualClock } from '../harness/clock.ts';
import { startFaultyUpstream, type FaultyUpstream, type Script } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { wireRun, wireStep } from '../harness/wire.ts';

const SECRET = `{ run(workflowId: "wf", id: "same") { outputs steps { id outputs } } }`;

/** One run id, two organizations, each with its own data behind it. */
const ofKey: Script = ({ endpoint, key }) => ({
  json:
    endpoint === 'run'
      ? [wireRun('same', { outputs: `run of ${key ?? ''}` })]
      : [wireStep({ id: `step of ${key ?? ''}`, outputs: `steps of ${key ?? ''}` })],
});

const answerOf = (key: string) => ({
  run: { outputs: `run of ${key}`, steps: [{ id: `step of ${key}`, outputs: `steps of ${key}` }] },
});

describe('tenants', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = createManualClock();
    upstream = await startFaultyUpstream(ofKey);
    gateway = await startGateway({ UPSTREAM_URL: upstream.url, REAUTH_INTERVAL_MS: '60000' }, { now: clock.now });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('never see each other, at the same time, cold and warm', async () => {
    const keys = ['key-a', 'key-b', 'key-a', 'key-b'];
    for (const temperature of ['cold', 'warm']) {
      const answers = await Promise.all(keys.map((key) => gateway.query(SECRET, { key })));
      expect({ temperature, data: answers.map(({ data }) => data) }).toEqual({ temperature, data: keys.map(answerOf) });
    }
    expect(upstream.count('steps')).toBe(2);
  });

  it('that show no key get UNAUTHENTICATED, even for what is cached, and cause no call', async () => {
    await gateway.query(SECRET, { key: 'key-a' });
    const before = upstream.calls.length;
    const { status, data, errors } = await gateway.query(SECRET, { key: null });
    expect(status).toBe(200);
    expect(data).toEqual({ run: null });
    expect(errors).toMatchObject([
      { path: ['run'], extensions: { code: 'UNAUTHENTICATED', retryable: false, requestId: expect.any(String) } },
    ]);
    expect(upstream.calls).toHaveLength(before);
  });

  it('whose right is withdrawn get UNAUTHENTICATED within REAUTH_INTERVAL_MS, and nothing of theirs stays cached', async () => {
    await gateway.query(SECRET, { key: 'key-a' });
    expect(gateway.cachedBytes()).toBeGreaterThan(0);
    upstream.script = () => ({ status: 401 });

    clock.advance(59_999);
    expect((await gateway.query(SECRET, { key: 'key-a' })).data).toEqual(answerOf('key-a'));
    clock.advance(1);
    const { data, errors } = await gateway.query(SECRET, { key: 'key-a' });
    expect(data).toEqual({ run: null });
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED', upstreamStatus: 401 } }]);
    expect(gateway.cachedBytes()).toBe(0);
  });

  it('that are refused one thing lose all that is cached for them, and only for them', async () => {
    await gateway.query(SECRET, { key: 'key-a' });
    await gateway.query(SECRET, { key: 'key-b' });
    const ofBoth = gateway.cachedBytes();
    upstream.script = (call) => (call.key === 'key-a' ? { status: 403 } : ofKey(call));
    const { errors } = await gateway.query(`{ run(workflowId: "wf", id: "other") { id } }`, { key: 'key-a' });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
    expect(gateway.cachedBytes()).toBe(ofBoth / 2);
    expect((await gateway.query(SECRET, { key: 'key-b' })).data).toEqual(answerOf('key-b'));
    expect((await gateway.query(SECRET, { key: 'key-a' })).errors.map(({ extensions }) => extensions.code)).toEqual([
      'FORBIDDEN',
    ]);
  });

  it('renew their right by one call, however much is cached and however many ask', async () => {
    const ids = ['r1', 'r2', 'r3', 'r4'];
    const all = `query All($ids: [ID!]!) { workflow(id: "wf") { runsById(ids: $ids) { stepCounts { total } } } }`;
    upstream.script = ({ endpoint, runId }) => ({ json: endpoint === 'run' ? [wireRun(runId)] : [wireStep()] });
    await gateway.query(all, { variables: { ids } });
    expect(upstream.calls).toHaveLength(8);
    clock.advance(60_000);
    const answers = await Promise.all(Array.from({ length: 5 }, () => gateway.query(all, { variables: { ids } })));
    for (const { errors } of answers) expect(errors).toEqual([]);
    expect(upstream.calls).toHaveLength(9);
  });

  it('send their own key upstream, and no key is ever in an answer', async () => {
    upstream.script = () => ({ status: 500, json: { detail: 'key-a leaked' } });
    const answer = await gateway.query(SECRET, { key: 'key-a' });
    expect(upstream.calls.map(({ key }) => key)).toContain('key-a');
    expect(JSON.stringify(answer)).not.toContain('key-a');
  });
});
