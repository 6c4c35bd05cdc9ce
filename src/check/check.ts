/** Tries each upstream call once, through the gateway's client. */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { isTerminal } from '../domain/status.ts';
import type { RunRecord } from '../domain/types.ts';
import type { CallOptions, RunRef, UpstreamApi } from '../upstream/client.ts';
import { GatewayError } from '../upstream/errors.ts';
import { Requesters, type Requester } from '../upstream/requesters.ts';
import type { Attempts } from './attempts.ts';
import type { CheckOptions } from './options.ts';
import { notesOnSteps } from './step-notes.ts';

/** Number of workflows to search for one with runs. */
const MAX_WORKFLOWS = 5;
/** The largest page that the gateway requests. A shorter page means the end. */
const PAGE = 100;

const NAME = 'stepgate-check';
const REQUESTER: Requester = { owner: NAME, network: () => NAME, isStranger: () => false };

export async function tryCalls(
  client: UpstreamApi,
  { attempt, skip, offers }: Pick<Attempts, 'attempt' | 'skip' | 'offers'>,
  options: CheckOptions,
): Promise<void> {
  const { inputs } = options;
  const { signal } = new AbortController();
  const call: CallOptions = {
    credential: options.key,
    ...{ viewerId: NAME, requestId: NAME, scope: null, redaction: null, signal },
    requesters: new Requesters(REQUESTER),
    reader: { share: REQUESTER, order: 0 },
  };

  const workflows = await attempt(
    'workflows',
    async () => (await client.listWorkflows(call)).value,
    ({ length }) => ({ found: `${length} workflows` }),
  );
  const candidates =
    options.workflowId === null ? (workflows ?? []).slice(0, MAX_WORKFLOWS).map(({ id }) => id) : [options.workflowId];
  const [first] = candidates;
  if (first === undefined) {
    const reason = 'no workflow is known: use --workflow and --run';
    for (const endpoint of ['runs', 'run', 'steps'] as const) skip(endpoint, reason, endpoint === 'steps');
    skip('execute', reason, inputs !== null);
    return;
  }

  // Filled even if the paging check fails, because the next calls need a run.
  const histories: History[] = [];
  await attempt(
    'runs',
    async () => {
      const history = await findHistory(client, candidates, call);
      histories.push(history);
      await checkPaging(client, history, call);
      return history;
    },
    ({ workflowId, records, page }) => ({
      found: `${records.length} runs of workflow ${JSON.stringify(workflowId)}`,
      statuses: page.map(({ rawStatus }) => rawStatus),
    }),
  );
  const [history] = histories;
  const workflowId = history?.workflowId ?? first;
  const runId = options.runId ?? runToAskFor(history?.records ?? [])?.id;
  if (runId === undefined) {
    const reason = 'no run is known: use --workflow and --run';
    for (const endpoint of ['run', 'steps'] as const) skip(endpoint, reason, endpoint === 'steps');
  } else {
    const ref = { workflowId, runId };
    const run = `run ${JSON.stringify(runId)}`;
    await attempt(
      'run',
      () => findRecord(client, ref, call),
      ({ rawStatus }) => ({ found: `${run}, status ${JSON.stringify(rawStatus)}`, statuses: [rawStatus] }),
    );
    await attempt(
      'steps',
      async () => (await client.listSteps(ref, call)).value,
      (steps) => ({
        found: `${steps.length} steps of ${run}`,
        statuses: steps.map(({ rawStatus }) => rawStatus),
        notes: notesOnSteps(steps),
      }),
    );
  }

  await tryWrites(client, workflowId, { attempt, skip, offers }, options, call);
}

/** Starts a run, answers its first waiting step, and cancels it. */
async function tryWrites(
  client: UpstreamApi,
  workflowId: string,
  { attempt, skip, offers }: Pick<Attempts, 'attempt' | 'skip' | 'offers'>,
  { inputs, answer }: CheckOptions,
  call: CallOptions,
): Promise<void> {
  if (inputs === null) {
    skip('execute', 'it would start a run: use --execute', false);
    for (const endpoint of ['resume', 'cancel'] as const) {
      if (offers(endpoint)) skip(endpoint, 'it would change a run: use --execute', false);
    }
    return;
  }
  const started = await attempt(
    'execute',
    () => client.write({ endpoint: 'execute', workflowId, inputs }, call),
    ({ runId }) => ({ found: `started run ${JSON.stringify(runId)} of workflow ${JSON.stringify(workflowId)}` }),
  );
  if (!started) return;
  const ref = { workflowId, runId: started.runId };
  if (offers('resume') && answer === undefined)
    skip('resume', 'it needs an answer for a waiting step: use --answer', false);
  else if (offers('resume')) {
    await attempt(
      'resume',
      async () => {
        const stepId = await waitingStepOf(client, ref, call);
        await client.write({ endpoint: 'resume', ...ref, stepId, answer: answer ?? null, callKey: randomUUID() }, call);
        return stepId;
      },
      (stepId) => ({ found: `answered step ${JSON.stringify(stepId)} of that run` }),
    );
  }
  if (!offers('cancel')) return;
  await attempt(
    'cancel',
    () => client.write({ endpoint: 'cancel', ...ref, callKey: randomUUID() }, call),
    () => ({ found: 'cancelled that run' }),
  );
}

const WAIT_MS = 30_000;
const WAIT_EVERY_MS = 1000;

/** Rejects if no step of the run starts waiting in time. */
async function waitingStepOf(client: UpstreamApi, ref: RunRef, call: CallOptions): Promise<string> {
  for (let waitedMs = 0; waitedMs < WAIT_MS; waitedMs += WAIT_EVERY_MS) {
    const { value: steps } = await client.listSteps(ref, call);
    const waiting = steps.find(({ status }) => status === 'WAITING');
    if (waiting) return waiting.id;
    await setTimeout(WAIT_EVERY_MS);
  }
  throw new GatewayError('NOT_FOUND', `no step of the run started waiting within ${WAIT_MS / 1000} s`);
}

interface History {
  readonly workflowId: string;
  /** The page as received. */
  readonly page: readonly RunRecord[];
  readonly records: readonly RunRecord[];
}

/** The history of the first workflow with runs. */
async function findHistory(client: UpstreamApi, candidates: readonly string[], call: CallOptions): Promise<History> {
  for (const workflowId of candidates) {
    const { value: page } = await client.listRuns({ workflowId, offset: 0, limit: PAGE }, call);
    const records = page.filter(({ id }) => id !== '');
    if (records.length > 0) return { workflowId, page, records };
  }
  return { workflowId: candidates[0] ?? '', page: [], records: [] };
}

/** Reads the run after the page. If a run starts meanwhile, the page's last run moves there. */
async function checkPaging(client: UpstreamApi, { workflowId, page }: History, call: CallOptions): Promise<void> {
  if (page.length === 0) return;
  const { value: behind } = await client.listRuns({ workflowId, offset: page.length, limit: 1 }, call);
  const [next] = behind;
  if (!next) return;
  if (page.length < PAGE && !page.some(({ id }) => id === next.id)) {
    throw pagingError(
      `a page of limit=${PAGE} has ${page.length} runs, but more follow: a short page is taken for the end`,
    );
  }
  if (page.length > 1 && next.id === page[0]?.id) {
    throw pagingError(`offset=${page.length} returns the newest run again: histories must support limit and offset`);
  }
}

const pagingError = (problem: string): GatewayError =>
  new GatewayError(
    'UPSTREAM_CONTRACT_VIOLATION',
    `${problem}. Correct the upstream, or leave this call out of UPSTREAM_ENDPOINTS`,
  );

const runToAskFor = (records: readonly RunRecord[]): RunRecord | undefined =>
  records.find(({ status }) => isTerminal(status)) ?? records[0];

async function findRecord(client: UpstreamApi, ref: RunRef, call: CallOptions): Promise<RunRecord> {
  const { value } = await client.getRun(ref, call);
  if (value) return value;
  throw new GatewayError('NOT_FOUND', `no record with the id ${JSON.stringify(ref.runId)} in the response`);
}
