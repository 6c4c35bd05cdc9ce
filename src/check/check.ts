/** Tries each call of the upstream once, through the gateway's own client. */
import type { UpstreamEndpoint } from '../config/config.ts';
import { isTerminal, runStatusOf } from '../domain/status.ts';
import type { RunRecord } from '../domain/types.ts';
import type { Observer } from '../observability/observer.ts';
import type { CallOptions, RunRef, UpstreamApi } from '../upstream/client.ts';
import { GatewayError } from '../upstream/errors.ts';
import { createAttempts, type Attempts, type CallResult } from './attempts.ts';
import type { CheckOptions } from './options.ts';

export interface CheckDependencies {
  /** Creates the client that reports to the observer. */
  readonly createClient: (observer: Pick<Observer, 'call'>) => UpstreamApi;
  readonly endpoints: ReadonlySet<UpstreamEndpoint>;
  readonly isService: boolean;
}

/** Workflows that are looked through for one that has runs. */
const MAX_WORKFLOWS = 5;
const HISTORY_LENGTH = 20;

export async function checkUpstream(
  { createClient, endpoints, isService }: CheckDependencies,
  options: CheckOptions,
): Promise<readonly CallResult[]> {
  const attempts = createAttempts(endpoints, isService);
  const client = createClient(attempts.observer);
  try {
    await tryCalls(client, attempts, options);
    return attempts.results;
  } finally {
    client.close();
  }
}

async function tryCalls(client: UpstreamApi, attempts: Attempts, options: CheckOptions): Promise<void> {
  const { attempt, skip } = attempts;
  const { inputs } = options;
  const { signal } = new AbortController();
  const call: CallOptions = {
    credential: options.key,
    viewerId: 'stepgate-check',
    requestId: 'stepgate-check',
    scope: null,
    signal,
  };

  const workflows = await attempt(
    'workflows',
    async () => (await client.listWorkflows(call)).value,
    ({ length }) => `${length} workflows`,
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

  const history = await attempt(
    'runs',
    () => findHistory(client, candidates, call),
    ({ workflowId, records }) => `${records.length} runs of workflow ${JSON.stringify(workflowId)}`,
  );
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
      ({ rawStatus }) => `${run}, status ${JSON.stringify(rawStatus)}`,
    );
    await attempt(
      'steps',
      async () => (await client.listSteps(ref, call)).value,
      ({ length }) => `${length} steps of ${run}`,
    );
  }

  if (inputs === null) {
    skip('execute', 'it would start a run: use --execute', false);
    return;
  }
  await attempt(
    'execute',
    () => client.execute(workflowId, inputs, call),
    (started) => `started run ${JSON.stringify(started.runId)} of workflow ${JSON.stringify(workflowId)}`,
  );
}

interface History {
  readonly workflowId: string;
  readonly records: readonly RunRecord[];
}

/** Of the first workflow that has runs. */
async function findHistory(client: UpstreamApi, candidates: readonly string[], call: CallOptions): Promise<History> {
  for (const workflowId of candidates) {
    const { value } = await client.listRuns({ workflowId, offset: 0, limit: HISTORY_LENGTH }, call);
    const records = value.filter(({ id }) => id !== '');
    if (records.length > 0) return { workflowId, records };
  }
  return { workflowId: candidates[0] ?? '', records: [] };
}

const runToAskFor = (records: readonly RunRecord[]): RunRecord | undefined =>
  records.find(({ rawStatus }) => isTerminal(runStatusOf(rawStatus))) ?? records[0];

async function findRecord(client: UpstreamApi, ref: RunRef, call: CallOptions): Promise<RunRecord> {
  const { value } = await client.getRun(ref, call);
  if (value) return value;
  throw new GatewayError('NOT_FOUND', `the answer has no record with the id ${JSON.stringify(ref.runId)}`);
}
