/**
 * A scripted upstream of six workflows and 3,000 runs with an incident: 50 minutes ago the prompt of `enrich` in `Order triage`
 * changed, five of the runs since have failed there, `Invoices` has failed now and then for a long time, `Mail` cannot be read.
 */
import type { Script } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const MINUTE = 60_000;
const RUNS = 500;
const OLD_PROMPT = 'You label orders. Answer with one label.';
const NEW_PROMPT = 'You label orders. Answer with a JSON list of labels.';

/** Minutes between two runs of each workflow. */
const WORKFLOWS = {
  triage: { name: 'Order triage', everyMinutes: 2 },
  invoices: { name: 'Invoices', everyMinutes: 10 },
  mail: { name: 'Mail', everyMinutes: 10 },
  reports: { name: 'Reports', everyMinutes: 15 },
  search: { name: 'Search index', everyMinutes: 15 },
  refunds: { name: 'Refunds', everyMinutes: 30 },
} as const;
type WorkflowId = keyof typeof WORKFLOWS;

/** Runs of `Order triage` by their number before now: the newest is 0 and a minute old. The prompt changed with 24. */
const CHANGED_AT = 24;
const FAILED = [20, 15, 9, 4, 1];
export const NEWEST_FAILURE = 'triage-1';
export const BEFORE_CHANGE = 'triage-25';

const isFailed = (workflowId: WorkflowId, number: number): boolean =>
  workflowId === 'triage' ? FAILED.includes(number) : workflowId === 'invoices' && number >= 18 && number % 15 === 3;

export function createIncident(): Script {
  const now = Date.now();
  const timesOf = (workflowId: WorkflowId, number: number): Wire => {
    const start = now - MINUTE * (1 + number * WORKFLOWS[workflowId].everyMinutes);
    return {
      start_time: new Date(start).toISOString(),
      end_time: new Date(start + 20_000).toISOString(),
      elapsed_time: 20,
    };
  };
  const recordOf = (workflowId: WorkflowId, number: number): Wire =>
    wireRun(`${workflowId}-${number}`, {
      ...timesOf(workflowId, number),
      ...(isFailed(workflowId, number) && { status: 'failed', error: 'A node failed' }),
    });
  const stepsOf = (workflowId: WorkflowId, number: number): Wire[] => {
    const times = timesOf(workflowId, number);
    const error =
      workflowId === 'triage'
        ? `ValueError: the answer for order ${48_213 - number} is not a label`
        : 'ConnectionError: no route to ledger.internal';
    const system = workflowId === 'triage' && number <= CHANGED_AT ? NEW_PROMPT : OLD_PROMPT;
    return [
      wireStep({ ...times, id: `${workflowId}-${number}-fetch`, node_id: 'fetch', inputs: { order: number } }),
      wireStep({
        ...times,
        id: `${workflowId}-${number}-enrich`,
        node_id: 'enrich',
        inputs: {
          model: 'virtuoso-large',
          messages: [
            { role: 'system', content: system },
            { role: 'user', content: `Order ${48_213 - number}` },
          ],
        },
        ...(isFailed(workflowId, number) && { status: 'failed', error, outputs: null }),
      }),
    ];
  };

  return ({ endpoint, workflowId, runId, url }) => {
    if (endpoint === 'workflows') {
      const graph = {
        ...{ nodes: { fetch: { type: 'code', metadata: {} }, enrich: { type: 'model', metadata: {} } } },
        ...{ edges: [['fetch', 'enrich']], entry_point: 'fetch', finish_point: 'enrich' },
      };
      return { json: Object.entries(WORKFLOWS).map(([id, { name }]) => wireWorkflow(id, { name, graph })) };
    }
    const [ofRun, number] = /^(\w+)-(\d+)$/.exec(runId)?.slice(1) ?? [];
    const id = (Object.keys(WORKFLOWS) as WorkflowId[]).find((each) => each === (ofRun ?? workflowId));
    if (id === undefined) return { status: 404, json: {} };
    if (id === 'mail') return { status: 403, json: {} };
    if (endpoint === 'steps') return { json: stepsOf(id, Number(number)) };
    if (endpoint === 'run') return { json: [recordOf(id, Number(number))] };
    const [limit, offset] = ['limit', 'offset'].map((name) => Number(url.searchParams.get(name)));
    const numbers = Array.from({ length: RUNS }, (_, index) => index).slice(offset, (offset ?? 0) + (limit ?? 0));
    return { json: numbers.map((each) => recordOf(id, each)) };
  };
}
