/**
 * A scripted upstream with an incident: the prompt of `enrich` changed 48 minutes ago, and one in three runs has failed there since.
 * `fetch` has failed now and then all along, and a rate limit comes every three hours.
 */
import type { Script } from '../harness/upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';

const MINUTE = 60_000;
const RUNS = 2000;
/** Runs are numbered by age. The first run with the changed prompt, and the first that failed by it. */
const [CHANGED, FIRST] = [24, 22];
/** The run before the change failed, too, with another failure. */
export const BASELINE = 'wf-26';
export const CHANGED_RUN = `wf-${CHANGED}`;
export const NEWEST = 'wf-1';
const EVERY_MINUTES = 2;

export const OLD_PROMPT = 'You label orders. Use the field sku_v1.';
export const NEW_PROMPT = 'You label orders. Use the field sku.';

export type Kind = 'incident' | 'fetch' | 'rate limit' | 'completed';

export function kindOf(number: number): Kind {
  if (number % 90 === 10) return 'rate limit';
  if (number <= FIRST && number % 3 === 1) return 'incident';
  return number > CHANGED && number % 12 === 1 ? 'fetch' : 'completed';
}

const ERRORS = {
  incident: { nodeId: 'enrich', error: "KeyError: 'sku_v1'" },
  fetch: { nodeId: 'fetch', error: 'ConnectionError: no route to orders.internal' },
  'rate limit': { nodeId: 'enrich', error: 'HTTP 429: too many requests' },
} as const;

export const startOf = (number: number, nowMs: number): string =>
  new Date(nowMs - MINUTE * (1 + number * EVERY_MINUTES)).toISOString();

export function createIncident(nowMs: number, workflowIds: readonly string[] = ['wf']): Script {
  const times = (number: number): Wire => ({
    start_time: startOf(number, nowMs),
    end_time: new Date(Date.parse(startOf(number, nowMs)) + 20_000).toISOString(),
    elapsed_time: 20,
  });
  const recordOf = (workflowId: string, number: number): Wire =>
    wireRun(`${workflowId}-${number}`, {
      ...times(number),
      ...(kindOf(number) !== 'completed' && { status: 'failed', error: 'A node failed' }),
    });
  const stepsOf = (workflowId: string, number: number): Wire[] => {
    const kind = kindOf(number);
    const failed = kind === 'completed' ? null : ERRORS[kind];
    const step = (nodeId: string, inputs: Wire): Wire =>
      wireStep({
        ...times(number),
        ...{ id: `${workflowId}-${number}-${nodeId}`, node_id: nodeId, inputs },
        ...(failed?.nodeId === nodeId && { status: 'failed', error: failed.error, outputs: null }),
      });
    const messages = [
      { role: 'system', content: number <= CHANGED ? NEW_PROMPT : OLD_PROMPT },
      { role: 'user', content: `Order ${number}` },
    ];
    const fetched = step('fetch', { order: number });
    return kind === 'fetch' ? [fetched] : [fetched, step('enrich', { model: 'virtuoso-large', messages })];
  };

  return ({ endpoint, workflowId, runId, url }) => {
    if (endpoint === 'workflows') return { json: workflowIds.map((id) => wireWorkflow(id)) };
    const number = Number(/-(\d+)$/.exec(runId)?.[1]);
    if (endpoint === 'steps') return { json: stepsOf(workflowId, number) };
    if (endpoint === 'run') return { json: [recordOf(workflowId, number)] };
    const [limit = 0, offset = 0] = ['limit', 'offset'].map((name) => Number(url.searchParams.get(name)));
    const numbers = Array.from({ length: RUNS }, (_, index) => index).slice(offset, offset + limit);
    return { json: numbers.map((each) => recordOf(workflowId, each)) };
  };
}
