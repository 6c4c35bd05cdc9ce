/** A scripted incident: the prompt of `enrich` changed, and some of the runs since have failed there. */
import type { Script } from './upstream.ts';
import { wireRun, wireStep, wireWorkflow, type Wire } from './wire.ts';
import { pageOf } from './workflows.ts';

const MINUTE = 60_000;

interface Failure {
  readonly nodeId: 'fetch' | 'enrich';
  readonly error: string;
}

export interface IncidentWorkflow {
  readonly name?: string;
  readonly runs: number;
  readonly everyMinutes: number;
  /** Runs are numbered by age. */
  readonly failureOf: (number: number) => Failure | null;
  /** The prompt of `enrich` in the run of this number. */
  readonly promptOf: (number: number) => string;
  /** The key may not read it. */
  readonly isForbidden?: boolean;
}

export type Incident = Readonly<Record<string, IncidentWorkflow>>;

/** The first run with the changed prompt. */
const CHANGED = 24;

// ---- One workflow, or copies of it: a third of its runs has failed since, and it has two old failures ----------

export const BASELINE = 'wf-26';
export const CHANGED_RUN = `wf-${CHANGED}`;
export const NEWEST = 'wf-1';
export const OLD_PROMPT = 'You label orders. Use the field sku_v1.';
export const NEW_PROMPT = 'You label orders. Use the field sku.';

/** The first run that failed by the new prompt. */
const FIRST = 22;
/** The run before the change also failed, with another failure. */
function failureOf(number: number): Failure | null {
  if (number % 90 === 10) return { nodeId: 'enrich', error: 'HTTP 429: too many requests' };
  if (number <= FIRST && number % 3 === 1) return { nodeId: 'enrich', error: "KeyError: 'sku_v1'" };
  const isOld = number > CHANGED && number % 12 === 1;
  return isOld ? { nodeId: 'fetch', error: 'ConnectionError: no route to orders.internal' } : null;
}

export const ordersOf = (workflowIds: readonly string[] = ['wf']): Incident => {
  const promptOf = (number: number) => (number <= CHANGED ? NEW_PROMPT : OLD_PROMPT);
  return Object.fromEntries(workflowIds.map((id) => [id, { runs: 2000, everyMinutes: 2, failureOf, promptOf }]));
};

// ---- Six workflows of a team: only one has the incident -------------------------------------------------------

export const NEWEST_FAILURE = 'triage-1';
export const BEFORE_CHANGE = 'triage-25';
const LABEL = 'You label orders. Answer with one label.';
const LIST = 'You label orders. Answer with a JSON list of labels.';

const quiet = { runs: 500, everyMinutes: 15, failureOf: () => null, promptOf: () => LABEL };
const ofOrder = (number: number) => `ValueError: the answer for order ${48_213 - number} is not a label`;
const ledger: Failure = { nodeId: 'enrich', error: 'ConnectionError: no route to ledger.internal' };

export const TEAM: Incident = {
  triage: {
    ...quiet,
    ...{ name: 'Order triage', everyMinutes: 2, promptOf: (number) => (number <= CHANGED ? LIST : LABEL) },
    failureOf: (number) => ([20, 15, 9, 4, 1].includes(number) ? { nodeId: 'enrich', error: ofOrder(number) } : null),
  },
  invoices: {
    ...quiet,
    ...{ name: 'Invoices', everyMinutes: 10 },
    failureOf: (number) => (number >= 18 && number % 15 === 3 ? ledger : null),
  },
  mail: { ...quiet, name: 'Mail', everyMinutes: 10, isForbidden: true },
  reports: { ...quiet, name: 'Reports' },
  search: { ...quiet, name: 'Search index' },
  refunds: { ...quiet, name: 'Refunds', everyMinutes: 30 },
};

// ---- The script ------------------------------------------------------------------------------------------------

export const startOf = (number: number, nowMs: number, everyMinutes = 2): string =>
  new Date(nowMs - MINUTE * (1 + number * everyMinutes)).toISOString();

export function createIncident(nowMs: number, incident: Incident): Script {
  const timesOf = (start_time: string): Wire => ({
    start_time,
    end_time: new Date(Date.parse(start_time) + 20_000).toISOString(),
    elapsed_time: 20,
  });
  function runOf(id: string, { everyMinutes, failureOf, promptOf }: IncidentWorkflow, number: number) {
    const times = timesOf(startOf(number, nowMs, everyMinutes));
    const failure = failureOf(number);
    const runId = `${id}-${number}`;
    const step = (nodeId: string, inputs: Wire): Wire =>
      wireStep({
        ...times,
        ...{ id: `${runId}-${nodeId}`, node_id: nodeId, inputs },
        ...(failure?.nodeId === nodeId && { status: 'failed', error: failure.error, outputs: null }),
      });
    const messages = [
      { role: 'system', content: promptOf(number) },
      { role: 'user', content: `Order ${number}` },
    ];
    const fetched = step('fetch', { order: number });
    return {
      record: wireRun(runId, { ...times, ...(failure && { status: 'failed', error: 'A node failed' }) }),
      steps: failure?.nodeId === 'fetch' ? [fetched] : [fetched, step('enrich', { model: 'virtuoso-large', messages })],
    };
  }
  const onWire = ([id, { name }]: [string, IncidentWorkflow]): Wire =>
    wireWorkflow(id, name === undefined ? {} : { name, graph: GRAPH });

  return (call) => {
    if (call.endpoint === 'workflows') return { json: Object.entries(incident).map(onWire) };
    const id = /^(\w+)-\d+$/.exec(call.runId)?.[1] ?? call.workflowId;
    const workflow = incident[id];
    if (!workflow) return { status: 404, json: {} };
    if (workflow.isForbidden === true) return { status: 403, json: {} };
    const number = Number(/-(\d+)$/.exec(call.runId)?.[1]);
    if (call.endpoint === 'steps') return { json: runOf(id, workflow, number).steps };
    if (call.endpoint === 'run') return { json: [runOf(id, workflow, number).record] };
    const numbers = Array.from({ length: workflow.runs }, (_, index) => index);
    return pageOf(call, numbers, (each) => runOf(id, workflow, each).record);
  };
}

const GRAPH = {
  ...{ nodes: { fetch: { type: 'code', metadata: {} }, enrich: { type: 'model', metadata: {} } } },
  ...{ edges: [['fetch', 'enrich']], entry_point: 'fetch', finish_point: 'enrich' },
};
