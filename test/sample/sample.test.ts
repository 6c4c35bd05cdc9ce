/** The sample API over real HTTP: the calls of an upstream, a history of two weeks, and runs on a manual clock. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createTimerScheduler } from '../../src/sample/scheduler.ts';
import { microsOf, startUpstream, type Upstream, type WireRun, type WireStep, type WireWorkflow } from './harness.ts';

const start = (span: { start_time: string }): number => microsOf(span.start_time);

describe('a request to the sample API', () => {
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startUpstream();
  });

  const statusOf = async (path: string, init?: RequestInit): Promise<number> =>
    (await upstream.request(path, init)).status;
  const withKey = (key: string): RequestInit => ({ headers: { authorization: `Bearer ${key}` } });
  const execute = (body: string, workflowId = 'support-triage') =>
    statusOf(`/workflows/${workflowId}/execute`, { ...withKey('demo-key'), method: 'POST', body });

  it.each([{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic demo-key' }, { authorization: 'Bearer' }])(
    'needs a key on every path: %j gets 401',
    async (headers) => {
      for (const path of ['/workflows', '/workflows/support-triage/runs/run-4711/steps', '/nowhere', '/workflows/%']) {
        const response = await upstream.request(path, { headers });
        expect([response.status, response.headers.get('content-type')]).toEqual([
          401,
          'application/json; charset=utf-8',
        ]);
        expect(await response.json()).toHaveProperty('detail');
      }
    },
  );

  it('sees only the organization of its key', async () => {
    const ids = async (key: string) => (await upstream.workflows(key)).map((one) => one.workflow_id);
    expect((await ids('demo-key')).slice(0, 2)).toEqual(['support-triage', 'invoice-extraction']);
    expect(await ids('other-key')).toEqual(['contract-review']);
    const [foreign] = await upstream.runs('contract-review', 'other-key');
    for (const [path, key] of [
      ['/workflows/support-triage/runs', 'other-key'],
      ['/workflows/support-triage/runs/run-4711', 'other-key'],
      ['/workflows/contract-review/runs/run-4711/steps', 'other-key'],
      [`/workflows/contract-review/runs/${foreign?.id ?? ''}`, 'demo-key'],
      [`/workflows/support-triage/runs/${foreign?.id ?? ''}/steps`, 'demo-key'],
    ] as const) {
      expect([path, await statusOf(path, withKey(key))]).toEqual([path, 404]);
    }
    expect(await execute('{}', 'contract-review')).toBe(404);
  });

  it('pages runs by limit and offset, 100 at most', async () => {
    const page = async (query: string) =>
      ((await upstream.get(`/workflows/nightly-report/runs${query}`)) as WireRun[]).map(({ id }) => id);
    const all = await page('');
    expect(all).toHaveLength(15);
    expect(await page('?limit=5')).toEqual(all.slice(0, 5));
    expect(await page('?limit=5&offset=13')).toEqual(all.slice(13));
    expect(await page('?offset=15')).toEqual([]);
    for (const query of ['limit=101', 'limit=0', 'limit=ten', 'limit=', 'limit=1.5', 'offset=-1', 'limit=1e1']) {
      expect([query, await statusOf(`/workflows/nightly-report/runs?${query}`)]).toEqual([query, 400]);
    }
    for (let count = 0; count < 101; count += 1) await upstream.execute('quick-answer', {});
    expect(await upstream.runs('quick-answer')).toHaveLength(100);
  });

  it('gets 404 for any unknown path or id', async () => {
    const paths = ['/', '/workflow', '/workflows/', '/workflows/support-triage'];
    const ids = ['nowhere', '__proto__', 'constructor', '%2e%2e', 'support-triage%2Fruns', '%00'];
    for (const path of [
      ...paths,
      '/workflows/nightly-report/runs/run-4711/steps',
      ...ids.flatMap((id) => [`/workflows/${id}/runs`, `/workflows/support-triage/runs/${id}/steps`]),
    ]) {
      expect([path, await statusOf(path)]).toEqual([path, 404]);
    }
    for (const path of ['/workflows/%', '/workflows/%zz/runs', '/workflows/%c3%28/runs/%ff/steps']) {
      expect([path, await statusOf(path)]).toEqual([path, 400]);
    }
  });

  it('gets 405 for a path with another method', async () => {
    const answerTo = async (path: string, method: string) => {
      const { status, headers } = await upstream.request(path, { ...withKey('demo-key'), method });
      return [status, headers.get('allow')];
    };
    expect(await answerTo('/workflows', 'POST')).toEqual([405, 'GET']);
    expect(await answerTo('/workflows/support-triage/runs/run-4711', 'DELETE')).toEqual([405, 'GET']);
    expect(await answerTo('/workflows/support-triage/execute', 'GET')).toEqual([405, 'POST']);
    expect(await answerTo('/nowhere', 'POST')).toEqual([404, null]);
  });

  it('starts runs only with a JSON object of up to 1 MiB', async () => {
    const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    for (const body of ['', '[]', 'null', '"text"', '4711', '{', '{"a":}', deep]) expect(await execute(body)).toBe(400);
    const sized = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`;
    expect(await execute(sized(2 ** 20))).toBe(200);
    expect(await execute(sized(2 ** 20 + 1))).toBe(413);
  });
});

describe('the history of the sample API', () => {
  interface HistoricRun {
    readonly workflow: WireWorkflow;
    readonly run: WireRun;
    readonly steps: readonly WireStep[];
  }
  let upstream: Upstream;
  let demo: HistoricRun[];

  async function everyRun(of: Upstream): Promise<HistoricRun[]> {
    const history: HistoricRun[] = [];
    for (const workflow of await of.workflows()) {
      for (const run of await of.runs(workflow.workflow_id)) {
        history.push({ workflow, run, steps: await of.steps(workflow.workflow_id, run.id) });
      }
    }
    return history;
  }

  beforeAll(async () => {
    upstream = await startUpstream();
    demo = await everyRun(upstream);
  });

  it('is the same at each start, newest first', async () => {
    expect(await everyRun(await startUpstream())).toEqual(demo);
    const starts = (await upstream.runs('nightly-report')).map(start);
    expect(starts).toEqual(starts.toSorted((one, another) => another - one));
  });
});

describe('the history of the sample API over time', () => {
  const idsOf = (runs: readonly WireRun[]) => runs.map(({ id }) => id);

  it('shows a new run while it runs and after its end', async () => {
    const upstream = await startUpstream();
    const before = await upstream.runs('nightly-report');
    upstream.advance(14 * 3_600_000 + 4000);
    const [running, ...older] = await upstream.runs('nightly-report');
    expect(running).toMatchObject({ status: 'running', end_time: null });
    // The oldest run is now more than two weeks old.
    expect(idsOf(older)).toEqual(idsOf(before).slice(0, -1));
    const id = running?.id ?? '';
    const [first] = await upstream.steps('nightly-report', id);
    upstream.advance(60_000);
    const ended = await upstream.run('nightly-report', id);
    expect(ended).toMatchObject({ start_time: running?.start_time, status: expect.stringMatching(/completed|failed/) });
    expect((await upstream.steps('nightly-report', id))[0]).toMatchObject({
      id: first?.id,
      end_time: expect.any(String),
    });
  });
});

describe('a run that was started in the sample API', () => {
  let upstream: Upstream;
  beforeEach(async () => {
    upstream = await startUpstream();
  });

  async function finishedRun(workflowId: string, inputs: object) {
    const id = await upstream.execute(workflowId, inputs);
    upstream.advance(120_000);
    return { run: await upstream.run(workflowId, id), steps: await upstream.steps(workflowId, id) };
  }

  it('is listed as pending, then with its steps, then completed', async () => {
    const inputs = { simulate: 'success', subject: 'Checkout is down', nested: { list: [1, null] } };
    const id = await upstream.execute('support-triage', inputs);
    const pending = { id, status: 'pending', end_time: null, elapsed_time: 0, outputs: null, inputs };
    expect((await upstream.runs('support-triage'))[0]).toMatchObject(pending);
    const statuses = new Set<string>();
    let [seen, steps]: [readonly string[], readonly WireStep[]] = [[], []];
    while (!statuses.has('completed')) {
      steps = await upstream.steps('support-triage', id);
      const nodeIds = steps.map(({ node_id: nodeId }) => nodeId);
      expect(nodeIds.slice(0, seen.length)).toEqual(seen);
      seen = nodeIds;
      for (const step of steps) {
        expect(step.end_time === null).toBe(step.status === 'running');
        expect(step.inputs).toMatchObject({ run_id: id, input_data: inputs });
      }
      const run = await upstream.run('support-triage', id);
      expect(run.end_time === null).toBe(run.status !== 'completed');
      statuses.add(run.status);
      upstream.advance(100);
    }
    expect([...statuses]).toEqual(['pending', 'running', 'completed']);
    expect(seen).toHaveLength(8);
  });

  it('fails with simulate=failure, ending parallel nodes', async () => {
    for (const { workflow_id: workflowId } of await upstream.workflows()) {
      expect((await finishedRun(workflowId, { simulate: 'failure' })).run.status).toBe('failed');
    }
    const { run, steps } = await finishedRun('nightly-report', { simulate: 'failure' });
    const attempts = steps.filter(({ node_id: nodeId }) => nodeId === 'load_orders');
    expect(attempts.map(({ status }) => status)).toEqual(['failed', 'failed']);
    expect(steps.some(({ node_id: nodeId }) => nodeId === 'aggregate')).toBe(false);
    expect(run).toMatchObject({ status: 'failed', error: 'Node "load_orders" failed', outputs: null });
    expect(steps.filter(({ status }) => status === 'completed').length).toBeGreaterThan(1);
  });

  it('takes 4 to 15 seconds, longer with simulate=slow', async () => {
    for (const simulate of ['success', 'retry']) {
      const { run } = await finishedRun('research-agent', { simulate, depth: 3 });
      expect(run.elapsed_time).toBeGreaterThanOrEqual(4);
      expect(run.elapsed_time).toBeLessThan(15);
    }
    expect((await finishedRun('quick-answer', { simulate: 'slow' })).run.elapsed_time).toBeGreaterThanOrEqual(16);
    const real = await startUpstream({ pace: 10_000, scheduler: createTimerScheduler() });
    const id = await real.execute('quick-answer', { simulate: 'success' });
    while ((await real.run('quick-answer', id)).end_time === null);
    expect((await real.run('quick-answer', id)).status).toBe('completed');
  });
});

describe('npm run upstream', () => {
  const MAIN = fileURLToPath(new URL('../../src/sample/main.ts', import.meta.url));
  let child: ChildProcess | undefined;
  afterEach(() => {
    child?.kill('SIGKILL');
  });

  function run(port: string) {
    const env = { UPSTREAM_PORT: port, HOST: '' };
    const started = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    return started;
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('prints its address, serves requests, and closes on %s', async (signal) => {
    const started = run('0');
    const [line] = (await once(started.stdout, 'data')) as [Buffer];
    expect(String(line)).toMatch(/^Embedded upstream on http:\/\/127\.0\.0\.1:\d+ \(keys: demo-key, other-key\)\n$/);
    const url = /http:\S+/.exec(String(line))?.[0] ?? '';
    const response = await fetch(`${url}/workflows`, { headers: { authorization: 'Bearer demo-key' } });
    expect(response.status).toBe(200);
    await response.text();
    started.kill(signal);
    expect(await once(started, 'exit')).toEqual([0, null]);
  });
});
