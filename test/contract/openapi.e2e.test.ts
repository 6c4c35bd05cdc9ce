/**
 * docs/upstream.openapi.yaml against both sides of the contract: the sample that answers, and the gateway that reads.
 */
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createEmbeddedUpstream, type EmbeddedUpstream } from '../../src/sample/server.ts';
import { deviationsOf } from './deviations.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import type { Endpoint, Script } from '../harness/upstream.ts';
import { bodyOf, wireStep } from '../harness/wire.ts';
import { conforms, ERRORS, OPERATION_IDS, operationOf, propertiesOf, requiredOf, STATUS_WORDS } from './openapi.ts';
import { OF_BODIES, OF_OTHER_CALLS } from './variations/of-other-calls.ts';
import { OF_STEPS } from './variations/of-steps.ts';
import { ROWS } from './variations/table.ts';

const readPage = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const problemOf = (endpoint: Endpoint, answer: unknown): string | null =>
  operationOf(endpoint)?.problemOf(answer) ?? null;

describe('the sample API', () => {
  let sample: EmbeddedUpstream;
  beforeAll(async () => {
    sample = await createEmbeddedUpstream({ port: 0, pace: 50 });
  });
  afterAll(() => sample.close());

  async function call(endpoint: Endpoint, path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await fetch(`${sample.url}${path}`, { ...init, headers: { authorization: 'Bearer demo-key' } });
    const answer: unknown = await response.json();
    expect([path, response.status, problemOf(endpoint, answer)]).toEqual([path, 200, null]);
    return answer;
  }

  it('answers each call as the OpenAPI file describes', async () => {
    const workflows = (await call('workflows', '/workflows')) as { workflow_id: string }[];
    expect(workflows.length).toBeGreaterThan(3);
    for (const { workflow_id: workflow } of workflows) {
      const path = `/workflows/${workflow}/runs`;
      const runs = (await call('runs', `${path}?limit=100&offset=0`)) as { id: string }[];
      for (const { id } of runs) {
        await call('run', `${path}/${id}`);
        await call('steps', `${path}/${id}/steps`);
      }
    }
    await call('execute', '/workflows/support-triage/execute', { method: 'POST', body: '{}' });
    const post = (body: object): RequestInit => ({ method: 'POST', body: JSON.stringify(body) });
    const path = '/workflows/invoice-extraction';
    const { run_id: runId } = (await call('execute', `${path}/execute`, post({ simulate: 'wait' }))) as {
      run_id: string;
    };
    const run = `${path}/runs/${runId}`;
    let waiting: { id: string; wait_request?: unknown } | undefined;
    while (!waiting) {
      await setTimeout(20);
      const steps = (await call('steps', `${run}/steps`)) as { id: string; status: string }[];
      waiting = steps.find(({ status }) => status === 'paused');
    }
    expect(waiting.wait_request).toMatchObject({ message: 'Approve this invoice?' });
    await call('resume', `${run}/steps/${waiting.id}/resume`, post({ answer: { approved: true } }));
    await call('cancel', `${run}/cancel`, post({}));
  });
});

const WORKFLOW = 'support-triage';
const RUN = '7e0c1b2a-58a4-4f5e-9c31-2f3b8f9f4a10';

const ALL_CALLS = { UPSTREAM_ENDPOINTS: OPERATION_IDS.join() };

const examples: Script = ({ endpoint }) => ({ json: operationOf(endpoint)?.example });

describe('the gateway', () => {
  beforeAll(() => {
    // The shortest delays between attempts.
    jest.spyOn(Math, 'random').mockReturnValue(0);
  });
  afterAll(() => {
    jest.restoreAllMocks();
  });
  const gateway = perTest(new TestGateway({ script: examples, env: ALL_CALLS }));
  const { upstream } = gateway;

  it('sends each call as the OpenAPI file describes', async () => {
    await gateway.query(`mutation { executeWorkflow(workflowId: "${WORKFLOW}", inputs: { ticket: 4711 }) {
      run { status steps { id } workflow { name runs { nodes { id } } } }
    } }`);
    const run = `workflowId: "${WORKFLOW}", runId: "${RUN}"`;
    await gateway.query(`mutation {
      resumeStep(${run}, stepId: "s1", answer: { approved: true }) { step { id } }
      cancelRun(workflowId: "${WORKFLOW}", id: "${RUN}") { run { id } }
    }`);
    expect(new Set(upstream.calls.map(({ endpoint }) => endpoint))).toEqual(new Set(OPERATION_IDS));
    for (const { endpoint, url, headers, body } of upstream.calls) {
      const { path = /^$/, query = {}, requestExample } = operationOf(endpoint) ?? {};
      expect(url.pathname).toMatch(path);
      expect([...url.searchParams.keys()].sort()).toEqual(Object.keys(query).sort());
      for (const [name, schema] of Object.entries(query)) {
        expect(conforms(schema, Number(url.searchParams.get(name)))).toBe(true);
      }
      expect(headers.authorization).toBe('Bearer key-1');
      expect(body === '' ? undefined : JSON.parse(body)).toEqual(requestExample);
    }
  });

  it.each([
    `{ run(workflowId: "${WORKFLOW}", id: "${RUN}") {
      status startedAt endedAt error inputs outputs
      steps {
        nodeId node { type } startTime endTime elapsedTime userId organizationId errorInfo { code } inputs outputs metadata
        tokens tokenUsage { model } conversation { finishReason }
      }
    } }`,
    `{ workflows { nodes {
      name description status version isPublic organizationId createdAt updatedAt updatedBy graph { nodes { id } edges { from } entry finish }
      runs { nodes { status startedAt endedAt error inputs } }
    } } }`,
    `mutation { executeWorkflow(workflowId: "${WORKFLOW}") { message run { id } } }`,
  ])('reads the OpenAPI examples without errors or deviations: %s', async (query) => {
    expect((await gateway.query(query)).errors).toEqual([]);
    expect(await deviationsOf(gateway.url)).toEqual({});
  });

  it('knows all statuses in the OpenAPI file', async () => {
    const words = Object.entries(STATUS_WORDS).flatMap(([status, ofStatus]) => ofStatus.map((word) => [word, status]));
    upstream.script = (call) => {
      if (call.endpoint !== 'steps') return { status: 404 };
      return { json: words.map(([word, status]) => wireStep({ id: word, node_id: status, status: word })) };
    };
    const { data, errors } = await gateway.query(`{ run(workflowId: "${WORKFLOW}", id: "${RUN}") {
      steps { rawStatus nodeId status }
    } }`);
    expect(errors).toEqual([]);
    const { steps } = (data as { run: { steps: { rawStatus: string; nodeId: string; status: string }[] } }).run;
    expect(steps.map(({ rawStatus }) => rawStatus).sort()).toEqual(words.map(([word]) => word).sort());
    expect(steps.filter(({ nodeId, status }) => nodeId !== status)).toEqual([]);
    expect(await deviationsOf(gateway.url)).toEqual({});
  });

  const QUERIES: Partial<Record<Endpoint, string>> = {
    steps: `{ run(workflowId: "${WORKFLOW}", id: "${RUN}") { totalElapsedTime } }`,
    run: `{ run(workflowId: "${WORKFLOW}", id: "${RUN}") { status } }`,
    runs: `{ workflow(id: "${WORKFLOW}") { runs { nodes { id } } } }`,
    workflows: '{ workflows { totalCount } }',
    execute: `mutation { executeWorkflow(workflowId: "${WORKFLOW}") { message } }`,
    cancel: `mutation { cancelRun(workflowId: "${WORKFLOW}", id: "${RUN}") { __typename } }`,
    resume: `mutation { resumeStep(workflowId: "${WORKFLOW}", runId: "${RUN}", stepId: "s1") { __typename } }`,
  };

  it.each(ERRORS)('returns $code if the $endpoint call returns $status', async ({ endpoint, status, code }) => {
    // A run without a record is derived from its steps: after a 404 the steps call decides.
    const fails = status === 404 && endpoint === 'run' ? ['run', 'steps'] : [endpoint];
    const isOver = endpoint === 'steps' && status === 404;
    upstream.script = (call) => (fails.includes(call.endpoint) || isOver ? { status } : examples(call));
    const { errors } = await gateway.query(QUERIES[endpoint] ?? '');
    expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
  });
});

describe('the tables of docs/upstream.md', () => {
  const page = readPage('docs/upstream.md');
  const cellsOf = (row: string): string[] =>
    new RegExp(`^\\| ${row} \\| (.*) \\|$`, 'm').exec(page)?.[1]?.split(' | ') ?? [];
  const namesIn = (cell = ''): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);

  it.each([
    ['step', 'Step'],
    ['run record', 'Run'],
    ['workflow', 'Workflow'],
    ['started run', 'StartedRun'],
  ])('list the fields of a %s, required ones first', (row, schema) => {
    const [required, optional] = cellsOf(row).map(namesIn);
    expect(required).toEqual(requiredOf(schema));
    expect([...(required ?? []), ...(optional ?? [])].sort()).toEqual(propertiesOf(schema).sort());
  });

  it('list all statuses', () => {
    for (const [status, words] of Object.entries(STATUS_WORDS)) {
      const [cell] = cellsOf(`${status}[^|]*`);
      expect([status, namesIn(cell)]).toEqual([status, words]);
    }
  });
});

/**
 * Rules that a schema cannot express: sizes in bytes, depth, the calendar, the request's limit. An unknown status is
 * allowed on purpose, and an id beyond 2^53 is read as the string that it should be.
 */
const BEYOND_SCHEMAS: ReadonlySet<string> = new Set([
  '`status` is an unknown value',
  'an id, or a number in `error`, is an integer beyond 2^53',
  'a time is another string, or a date that does not exist',
  '`error` is longer than 256 KiB',
  '`waits` has more than 1000 items, or those of all steps more than 10,000',
  '`outputs`, `inputs` or `step_metadata` is nested deeper than 200 levels',
  'a page of the history has more runs than its `limit`',
  '`graph` has more than 10,000 nodes or edges, or 4 MiB',
]);

describe('the shape of a response', () => {
  const EXAMPLES = { ...OF_STEPS, ...OF_OTHER_CALLS, ...OF_BODIES };

  it.each(ROWS.filter(({ variation }) => !BEYOND_SCHEMAS.has(variation)))(
    'conforms to the OpenAPI file exactly without deviations: $variation',
    ({ variation, counted }) => {
      for (const { replies, error, counts = {} } of EXAMPLES[variation] ?? []) {
        const deviates = error !== undefined || counted.some((name) => counts[name.split(' ')[0] ?? ''] !== 0);
        for (const [endpoint, ofCall] of Object.entries(replies)) {
          const answers = ofCall.filter(({ json }) => json !== undefined).map(({ json }) => String(bodyOf(json)));
          const problems = answers.map((answer) => problemOf(endpoint as Endpoint, JSON.parse(answer)));
          if (deviates) expect(problems).not.toContain(null);
          else expect(problems.filter((problem) => problem !== null)).toEqual([]);
        }
      }
    },
  );
});
