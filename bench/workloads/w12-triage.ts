/** W12: one query of home over 20 workflows of 200 runs with 10 failure groups, and an upstream that takes 50 ms. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { stepgate, withContenders, type StartedContender } from '../contenders.ts';
import { ask, askForData } from '../queries.ts';
import { atMost, promise, type WorkloadResult } from '../report.ts';
import { median } from '../median.ts';
import type { Bench } from '../rounds.ts';

const WORKFLOWS = 20;
const RUNS = 200;
/** Each of these workflows has one group: since a change of its prompt, a node fails in every third run. */
const FAILING_WORKFLOWS = 10;
const RUNS_SINCE_CHANGE = 15;
const FAILED_EVERY = 3;
/** In each workflow the first run of the list runs since an hour. */
const OVERDUE_MS = 3_600_000;
const DELAY_MS = 50;
const WARM_QUERIES = 5;
/** Longer than a round, so that warm queries find the histories cached. */
const LIVE_TTL_MS = 60_000;

const QUERY = `query Home($startedAfter: DateTime, $last: Int!, $first: Int!) {
  failureGroups(startedAfter: $startedAfter, last: $last, orderBy: IMPACT) {
    nodes {
      workflow { id } nodeId message count affectedRate firstSeenAt lastSeenAt state commonInputs { nodes { text } }
      suspectedChanges { at nodeId kind before after }
      runs(first: 1) { id workflowId startedAt }
    }
    runsExamined runsRequested runsNotLoaded
  }
  overdueRuns(first: $first) { id workflowId startedAt wallClockMs expectation { p50Ms p95Ms overdueByMs } }
  recentRuns(first: 50) { nodes { id workflowId status startedAt wallClockMs error } unavailableWorkflows { id } }
}`;

interface Home {
  readonly failureGroups: {
    readonly nodes: readonly { readonly state: string; readonly suspectedChanges: readonly unknown[] }[];
    readonly runsExamined: number;
    readonly runsRequested: number;
    readonly runsNotLoaded: number;
  };
  readonly overdueRuns: readonly unknown[];
}

export async function w12Triage({ settings, say }: Bench): Promise<WorkloadResult> {
  const upstream = await startUpstream();
  const coldMs: number[] = [];
  const coldCalls: number[] = [];
  const warmMs: number[] = [];
  const warmCalls: number[] = [];
  let home: Home | undefined;
  let errors = 0;
  try {
    for (let round = 0; round < settings.rounds; round += 1) {
      say(`round ${round + 1} of ${settings.rounds}`);
      await withContenders(
        [stepgate],
        { upstreamUrl: upstream.url, env: { UPSTREAM_ENDPOINTS: '', LIVE_TTL_MS: String(LIVE_TTL_MS) } },
        async ([started]) => {
          if (!started) throw new Error('Stepgate was not started');
          // Few calls are made with a key until the upstream has accepted it.
          await askForData(started.name, started.url, JSON.stringify({ query: '{ workflows { totalCount } }' }));
          upstream.resetCalls();
          const cold = await askHome(started, 10);
          coldMs.push(cold.ms);
          coldCalls.push(upstream.calls());
          home = cold.home;
          errors += cold.errors;
          upstream.resetCalls();
          // Each with other variables, so that no whole answer is cached.
          for (let query = 1; query <= WARM_QUERIES; query += 1) warmMs.push((await askHome(started, 10 + query)).ms);
          warmCalls.push(upstream.calls() / WARM_QUERIES);
        },
      );
    }
  } finally {
    upstream.close();
  }
  if (!home) throw new Error('no query was answered');
  const { nodes, runsExamined, runsRequested, runsNotLoaded } = home.failureGroups;
  const known = nodes.filter(({ state, suspectedChanges }) => state === 'NEW' && suspectedChanges.length > 0).length;
  const uncounted = Math.max(0, runsRequested - runsExamined - runsNotLoaded);
  return {
    id: 'W12',
    title: 'triage',
    reference: '–',
    rows: [
      {
        contender: stepgate.name,
        p50Ms: median(coldMs),
        upstreamCalls: Math.max(...coldCalls),
        note: `warm ${median(warmMs).toFixed(0)} ms with ${median(warmCalls)} calls; ${nodes.length} groups, ${known} of them new with a change; ${runsExamined} of ${runsRequested} runs examined, ${runsNotLoaded} not loaded; ${home.overdueRuns.length} overdue`,
        targets: [
          promise(atMost('errors', errors, 0)),
          atMost('upstream calls', Math.max(...coldCalls), 150),
          atMost('cold', median(coldMs), 2000, 'ms'),
          atMost('warm', median(warmMs), 150, 'ms'),
          promise(atMost('runs neither examined nor counted as not loaded', uncounted, 0)),
        ],
      },
    ],
    notes: [
      `${WORKFLOWS} workflows of ${RUNS} runs, ${FAILING_WORKFLOWS} groups with a changed prompt, upstream ${DELAY_MS} ms`,
      'the key has been accepted; warm is the same query with other variables, while the histories are fresh',
    ],
  };
}

interface HomeAnswer {
  readonly ms: number;
  readonly home: Home;
  readonly errors: number;
}

async function askHome({ name, url }: StartedContender, first: number): Promise<HomeAnswer> {
  const startedAfter = new Date(Date.now() - 86_400_000).toISOString().replace(/:\d\d\.\d+/, ':00');
  const body = JSON.stringify({ query: QUERY, variables: { startedAfter, last: 500, first } });
  const { ms, json, text } = await ask(url, body);
  const { data, errors = [] } = json as { readonly data: Partial<Home> | null; readonly errors?: readonly unknown[] };
  if (data?.failureGroups && data.overdueRuns) return { ms, home: data as Home, errors: errors.length };
  throw new Error(`${name} must answer with failure groups and overdue runs, got ${text.slice(0, 500)}`);
}

interface TriageUpstream {
  readonly url: string;
  calls(): number;
  resetCalls(): void;
  close(): void;
}

async function startUpstream(): Promise<TriageUpstream> {
  const nowMs = Date.now();
  let calls = 0;
  const server: Server = createServer((request, response) => {
    calls += 1;
    const url = new URL(request.url ?? '/', 'http://upstream');
    void sleep(DELAY_MS).then(() => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answerTo(url, nowMs)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    resetCalls: () => {
      calls = 0;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function answerTo({ pathname, searchParams }: URL, nowMs: number): unknown {
  const [, , workflowId = '', , runId, steps] = pathname.split('/');
  if (workflowId === '')
    return Array.from({ length: WORKFLOWS }, (_, index) => ({ workflow_id: `wf-${index}`, name: `Workflow ${index}` }));
  const workflow = Number(workflowId.slice('wf-'.length));
  const run = (index: number) => new TriageRun(workflow, index, nowMs);
  if (runId !== undefined) {
    const found = run(Number(runId.split('.')[1]));
    return steps === undefined ? [found.record] : found.steps;
  }
  const [limit, offset] = ['limit', 'offset'].map((name) => Number(searchParams.get(name)));
  const all = Array.from({ length: RUNS }, (_, index) => index);
  return all.slice(offset, (offset ?? 0) + (limit ?? 0)).map((index) => run(index).record);
}

class TriageRun {
  readonly record: object;
  readonly steps: object[];

  /** `index` 0 is the newest run. */
  constructor(workflow: number, index: number, nowMs: number) {
    const isRunning = index === 0;
    const isFailed =
      workflow < FAILING_WORKFLOWS &&
      !isRunning &&
      index < RUNS_SINCE_CHANGE &&
      index % FAILED_EVERY === FAILED_EVERY - 1;
    const startMs = nowMs - OVERDUE_MS - index * 240_000;
    const lengthMs = 10_000 + 100 * (index % 7);
    const time = (ms: number) => new Date(startMs + ms).toISOString();
    const status = isRunning ? 'running' : isFailed ? 'failed' : 'completed';
    const id = `${workflow}.${index}`;
    this.record = {
      ...{
        id,
        status,
        start_time: time(0),
        end_time: isRunning ? null : time(lengthMs),
        elapsed_time: isRunning ? 0 : 10,
      },
      ...{ error: null, inputs: { order: 1000 + index }, outputs: null, all_outputs: {} },
    };
    this.steps = ['fetch', 'enrich', 'write'].map((node, place) => {
      const isLast = place === 2;
      const stepStatus = isLast ? status : 'completed';
      const prompt =
        isLast && workflow < FAILING_WORKFLOWS && index < RUNS_SINCE_CHANGE ? 'Answer as JSON.' : 'Answer in words.';
      return {
        ...{ id: `${id}-${node}`, node_id: node, status: stepStatus, tokens: 0, step_metadata: null },
        start_time: time((lengthMs / 3) * place),
        end_time: isLast && isRunning ? null : time((lengthMs / 3) * (place + 1)),
        elapsed_time: 3,
        error:
          isLast && isFailed ? JSON.stringify({ message: `KeyError: 'field_${workflow}x'`, type: 'KeyError' }) : null,
        inputs: {
          model: 'auto',
          messages: [
            { role: 'system', content: prompt },
            { role: 'user', content: 'q'.repeat(200) },
          ],
        },
        outputs: {
          model: 'auto',
          choices: [{ message: { role: 'assistant', content: 'a'.repeat(600) } }],
          usage: { total_tokens: 360 },
        },
      };
    });
  }
}
