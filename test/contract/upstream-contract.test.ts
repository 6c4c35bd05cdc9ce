/**
 * What the gateway relies on of any upstream, asked over HTTP by the gateway's own client: of the embedded upstream,
 * or, with UPSTREAM_URL, UPSTREAM_API_KEY, CONTRACT_WORKFLOW_ID and CONTRACT_RUN_ID set, of the one that they name.
 * CONTRACT_RUN_ID must be a finished run of CONTRACT_WORKFLOW_ID that has steps; nothing is started or changed.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfig, UPSTREAM_ENDPOINTS } from '../../src/config/config.ts';
import { isTerminal, runStatusOf } from '../../src/domain/status.ts';
import { millisBetween } from '../../src/domain/timestamp.ts';
import type { RunRecord, StepFacts } from '../../src/domain/types.ts';
import { createEmbeddedUpstream } from '../../src/embedded-upstream/server.ts';
import {
  createUpstreamClient,
  type UpstreamAnswer,
  type CallOptions,
  type RunRef,
  type UpstreamApi,
} from '../../src/upstream/client.ts';
import { told } from '../support/facts.ts';
import { gatewayErrorOf } from '../support/rejection.ts';

/** The upstream to check, and a finished run of it. */
interface Target {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly run: RunRef;
  close(): Promise<void>;
}

const UNDER_CONTRACT = ['UPSTREAM_API_KEY', 'CONTRACT_WORKFLOW_ID', 'CONTRACT_RUN_ID'] as const;

function externalTarget(environment: Readonly<Record<string, string | undefined>>): Target | null {
  const { upstreamUrl } = readConfig({ UPSTREAM_URL: environment.UPSTREAM_URL });
  if (upstreamUrl === null) return null;
  const [apiKey = '', workflowId = '', runId = ''] = UNDER_CONTRACT.map((name) => environment[name]?.trim() ?? '');
  const missing = UNDER_CONTRACT.filter((name) => !environment[name]?.trim());
  if (missing.length > 0) {
    throw new Error(
      `UPSTREAM_URL is set, so the contract is checked against that upstream: expected ${missing.join(', ')} to be set too. ` +
        'Set them, or leave UPSTREAM_URL unset to check the embedded upstream.',
    );
  }
  return { baseUrl: upstreamUrl, apiKey, run: { workflowId, runId }, close: () => Promise.resolve() };
}

async function embeddedTarget(): Promise<Target> {
  const upstream = await createEmbeddedUpstream({ port: 0 });
  return {
    baseUrl: `${upstream.url}/`,
    apiKey: 'demo-key',
    run: { workflowId: 'support-triage', runId: 'run-4711' },
    close: () => upstream.close(),
  };
}

const UNKNOWN_ID = '5b0a7f6c-2d1e-4c3b-9a48-0f6e5d4c3b2a';

/** Ids that a URL parser or a router might misread; they must reach the upstream unchanged. */
const ODD_IDS = [
  ...[`...${UNKNOWN_ID}`, `~${UNKNOWN_ID}..`, `_-${UNKNOWN_ID}.json`, 'steps', 'runs', 'execute'],
  ...['%2e%2e', 'a/b', 'a\\b', '?', 'a?b', 'a#b', ' ', 'urn:x:1', 'a;b', 'ä日🐎', '%'],
];

/** Ids that no path can carry. */
const IDS_THAT_LEAVE_THE_PATH = ['.', '..', '', 'a\nb', 'x'.repeat(513)];

const external = externalTarget(process.env);

describe('the upstream', () => {
  let target: Target;
  let client: UpstreamApi;

  beforeAll(async () => {
    target = external ?? (await embeddedTarget());
    client = createUpstreamClient({
      baseUrl: target.baseUrl,
      endpoints: new Set(UPSTREAM_ENDPOINTS),
      timeoutMs: 10_000,
      concurrency: 8,
      maxResponseBytes: 2 ** 26,
    });
  });
  afterAll(async () => {
    client.close();
    await target.close();
  });

  const call = (credential = target.apiKey): CallOptions => ({
    credential,
    viewerId: 'viewer',
    scope: null,
    requestId: 'contract',
    signal: new AbortController().signal,
  });

  const listSteps = async (): Promise<readonly StepFacts[]> => (await client.listSteps(target.run, call())).value;

  async function getRun(): Promise<RunRecord> {
    const { value } = await client.getRun(target.run, call());
    if (!value) throw new Error('expected the record of the run, got none by its id');
    return value;
  }

  /** Checks of every call for a run. */
  const ofEveryRunCall = (
    fetch: (ref: RunRef, options: CallOptions) => Promise<UpstreamAnswer<readonly StepFacts[] | RunRecord | null>>,
  ) => {
    it('returns the size of its answer', async () => {
      expect(await fetch(target.run, call())).toMatchObject({ sizeBytes: expect.any(Number) });
    });

    it('returns the same for a finished run each time, also concurrently', async () => {
      const ask = async () => {
        const { value, sizeBytes } = await fetch(target.run, call());
        return { sizeBytes, facts: [value ?? []].flat().map(told) };
      };
      const [first, ...others] = await Promise.all([ask(), ask(), ask()]);
      for (const other of [...others, await ask()]) expect(other).toEqual(first);
    });

    it('answers NOT_FOUND for an unknown run or workflow', async () => {
      for (const ref of [
        { ...target.run, runId: UNKNOWN_ID },
        { ...target.run, workflowId: UNKNOWN_ID },
      ]) {
        await expect(fetch(ref, call())).rejects.toMatchObject({
          code: 'NOT_FOUND',
          details: { upstreamStatus: 404 },
        });
      }
    });

    it.each(ODD_IDS)('reads %s as an unknown id, not as another path', async (id) => {
      for (const ref of [
        { ...target.run, runId: id },
        { ...target.run, workflowId: id },
      ]) {
        const { code, details } = await gatewayErrorOf(fetch(ref, call()));
        expect(['NOT_FOUND', 'BAD_USER_INPUT']).toContain(code);
        expect([404, 400]).toContain(details.upstreamStatus);
      }
    });

    it('answers UNAUTHENTICATED for an unknown key, whether the run exists or not', async () => {
      for (const ref of [target.run, { ...target.run, runId: UNKNOWN_ID }]) {
        await expect(fetch(ref, call(`unknown-${UNKNOWN_ID}`))).rejects.toMatchObject({
          code: 'UNAUTHENTICATED',
          details: { upstreamStatus: 401 },
        });
      }
    });

    it.each(IDS_THAT_LEAVE_THE_PATH)('is not called with the id %j, which would change the path', async (id) => {
      for (const ref of [
        { ...target.run, workflowId: id },
        { ...target.run, runId: id },
      ]) {
        await expect(fetch(ref, call())).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: {} });
      }
    });
  };

  describe('call 1, the steps of a run', () => {
    ofEveryRunCall((ref, options) => client.listSteps(ref, options));

    it('lists steps, each with a unique id, its node and a status', async () => {
      const steps = await listSteps();
      expect(steps.length).toBeGreaterThan(0);
      for (const step of steps) {
        expect(step).toMatchObject({
          id: expect.stringMatching(/\S/),
          nodeId: expect.stringMatching(/\S/),
          rawStatus: expect.stringMatching(/\S/),
        });
      }
      expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
    });

    it('numbers them by position', async () => {
      const steps = await listSteps();
      expect(steps.map(({ index }) => index)).toEqual([...steps.keys()]);
    });

    it('has start before end, and floors the elapsed time to whole seconds', async () => {
      const durations = (await listSteps()).flatMap(({ startTime, endTime, elapsedTime }) =>
        startTime && endTime ? [{ milliseconds: millisBetween(startTime, endTime), elapsedTime }] : [],
      );
      expect(durations.length).toBeGreaterThan(0);
      for (const { milliseconds, elapsedTime } of durations) {
        expect(milliseconds).toBeGreaterThanOrEqual(0);
        expect(elapsedTime).toBe(Math.floor(milliseconds / 1000));
      }
    });

    it('counts tokens as integers from 0', async () => {
      for (const { tokens } of await listSteps()) {
        expect(Number.isInteger(tokens)).toBe(true);
        expect(tokens).toBeGreaterThanOrEqual(0);
      }
    });

    it('is read with null for no error, never with an empty text', async () => {
      const errors = (await listSteps()).map(({ error }) => error);
      expect(errors).not.toContain('');
    });
  });

  describe('call 3, the record of a run', () => {
    ofEveryRunCall((ref, options) => client.getRun(ref, options));

    it('finds the record by the run id', async () => {
      expect((await getRun()).id).toBe(target.run.runId);
    });

    it('has a terminal status for a finished run', async () => {
      const { rawStatus } = await getRun();
      expect({ rawStatus, isTerminal: isTerminal(runStatusOf(rawStatus)) }).toEqual({ rawStatus, isTerminal: true });
    });

    it('has start and end, and floors the elapsed time to whole seconds', async () => {
      const { startTime, endTime, elapsedTime } = await getRun();
      if (!startTime || !endTime) throw new Error('expected the record of a finished run to have both timestamps');
      expect(elapsedTime).toBe(Math.floor(millisBetween(startTime, endTime) / 1000));
    });
  });

  describe('calls 1 and 3 together', () => {
    it("agree on the run's inputs, where a step has them as input_data", async () => {
      const [steps, run] = await Promise.all([listSteps(), getRun()]);
      const ofRun = run.payload.inputs?.read();
      for (const step of steps) {
        const inputs = step.payload.inputs?.read() ?? null;
        if (typeof inputs !== 'object' || inputs === null || !('input_data' in inputs)) continue;
        expect(inputs.input_data).toEqual(ofRun);
      }
    });
  });

  describe('call 4, the history of a workflow', () => {
    const listRuns = async (offset: number, limit: number): Promise<readonly RunRecord[]> =>
      (await client.listRuns({ workflowId: target.run.workflowId, offset, limit }, call())).value;

    it('lists records, newest first, including that of the run', async () => {
      const records = await listRuns(0, 100);
      const starts = records.flatMap(({ startTime }) => (startTime ? [startTime.epochMicros] : []));
      expect(starts).toEqual(starts.toSorted((a, b) => b - a));
      expect(records.map(told)).toContainEqual(told(await getRun()));
    });

    it('returns the same in several windows as in one, and nothing behind the end', async () => {
      const [all, first, second, behind] = await Promise.all([
        listRuns(0, 6),
        listRuns(0, 3),
        listRuns(3, 3),
        listRuns(1_000_000, 3),
      ]);
      expect([...first, ...second].map(told)).toEqual(all.map(told));
      expect(behind).toEqual([]);
    });
  });

  describe('call 5, the workflows', () => {
    it('lists workflows with unique ids, including that of the run', async () => {
      const { value } = await client.listWorkflows(call());
      const ids = value.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toContain(target.run.workflowId);
    });

    it('has only nodes in edges, entry and finish, and neither START nor END', async () => {
      const { value } = await client.listWorkflows(call());
      for (const { graph } of value) {
        if (!graph) continue;
        const ids = graph.nodes.map(({ id }) => id);
        const named = [...graph.edges.flatMap(({ from, to }) => [from, to]), graph.entry, graph.finish];
        expect(ids).toEqual(expect.arrayContaining(named.filter((id) => id !== null)));
      }
    });

    it('has the nodes of all steps of the run', async () => {
      const { value } = await client.listWorkflows(call());
      const workflow = value.find(({ id }) => id === target.run.workflowId);
      const ids = workflow?.graph?.nodes.map(({ id }) => id);
      for (const { nodeId } of await listSteps()) expect(ids).toContain(nodeId);
    });
  });

  describe.each([
    [
      'call 4',
      (options: CallOptions) => client.listRuns({ workflowId: target.run.workflowId, offset: 0, limit: 1 }, options),
    ],
    ['call 5', (options: CallOptions) => client.listWorkflows(options)],
  ])('%s', (_, fetch) => {
    it('answers UNAUTHENTICATED for an unknown key', async () => {
      await expect(fetch(call(`unknown-${UNKNOWN_ID}`))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    });
  });

  // Call 2 starts runs, so other upstreams than the embedded one get only requests that they must reject.
  describe('call 2, execute', () => {
    it('rejects an unknown workflow and an unknown key, and starts nothing', async () => {
      await expect(client.execute(UNKNOWN_ID, {}, call())).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(client.execute(target.run.workflowId, {}, call(`unknown-${UNKNOWN_ID}`))).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        isRetryable: false,
      });
    });

    if (!external) {
      it('starts a run, whose record and steps are available at once', async () => {
        const inputs = { subject: 'Where is my invoice?' };
        const { runId, message } = await client.execute(target.run.workflowId, inputs, call());
        expect(message).toBe('Workflow execution started');
        const ref = { ...target.run, runId };
        const { value: record } = await client.getRun(ref, call());
        expect(record).toMatchObject({ id: runId, endTime: null });
        expect(record?.payload.inputs?.read()).toEqual(inputs);
        expect((await client.listSteps(ref, call())).value).toEqual(expect.any(Array));
      });
    }
  });
});
