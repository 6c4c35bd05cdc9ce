/** Scripts of an upstream with workflows and histories of runs that the test can extend: calls 1, 3, 4 and 5. */
import type { Call, Reply, Script } from './upstream.ts';
import { wireRun, wireStep, wireWorkflow, type Wire } from './wire.ts';

const FIRST_START = Date.parse('2026-01-01T00:00:00Z');
const NOT_FOUND: Reply = { status: 404, json: {} };

const secondsAfter = (start: unknown, seconds: number): string =>
  new Date(Date.parse(String(start)) + 1000 * seconds).toISOString();

/** The records on the page that a call asks for. The contract allows at most a hundred. */
export function pageOf<T>({ url }: Call, newestFirst: readonly T[], record: (item: T) => Wire): Reply {
  const limit = Number(url.searchParams.get('limit') ?? 100);
  const offset = Number(url.searchParams.get('offset') ?? 0);
  if (limit < 1 || limit > 100) return { status: 400 };
  return { json: newestFirst.slice(offset, offset + limit).map(record) };
}

export interface ScriptedHistory {
  readonly script: Script;
  /** Newest first, the same for each workflow. */
  readonly runIds: string[];
  /** Adds a run: it is the newest. */
  start(runId: string): void;
}

/** One history that all workflows have. `perInstant`: this number of runs starts at the same time. */
export function createScriptedHistory(
  runCount: number,
  workflows: readonly Wire[] = [],
  perInstant = 1,
): ScriptedHistory {
  const starts = new Map<string, number>();
  const runIds: string[] = [];
  const start = (runId: string) => {
    starts.set(runId, FIRST_START + Math.floor(starts.size / perInstant) * 60_000);
    runIds.unshift(runId);
  };
  for (let number = 1; number <= runCount; number += 1) start(`run-${number}`);

  const record = (runId: string): Wire => {
    const start_time = new Date(starts.get(runId) ?? FIRST_START).toISOString();
    return wireRun(runId, { start_time, end_time: secondsAfter(start_time, 2.5) });
  };
  const script: Script = (call): Reply => {
    if (call.endpoint === 'steps') return { json: [wireStep({ id: `${call.runId}-step` })] };
    if (call.endpoint === 'run') return { json: [record(call.runId)] };
    if (call.endpoint === 'runs') return pageOf(call, runIds, record);
    return call.endpoint === 'workflows' ? { json: workflows } : NOT_FOUND;
  };
  return { script, runIds, start };
}

export interface ScriptedWorkflows {
  readonly script: Script;
  /** Adds a run as the newest of its workflow. With `tie` it starts at the same time as the run before. */
  start(workflowId: string, runId: string, fields?: Wire & { readonly tie?: boolean }): void;
  /** Changes fields of a run's record. */
  change(runId: string, fields: Wire): void;
  /** Gives all runs without a start time one now. */
  startWaiting(): void;
  /** In the order of their starts. */
  ids(): string[];
  clear(): void;
}

/** Each workflow has its own history. */
export function createScriptedWorkflows(workflowIds: readonly string[]): ScriptedWorkflows {
  const runs = new Map<string, { readonly workflowId: string; record: Wire }>();
  let time = FIRST_START;
  const next = (isTie: boolean): string => new Date(isTie ? time : (time += 60_000)).toISOString();

  /** Finished runs have an end. */
  const onWire = (record: Wire): Wire => {
    const { status, start_time: start } = record;
    const isOver = status === 'completed' || status === 'failed';
    return isOver && typeof start === 'string' ? { ...record, end_time: secondsAfter(start, 2.5) } : record;
  };
  const script: Script = (call): Reply => {
    if (call.endpoint === 'workflows') return { json: workflowIds.map((id) => wireWorkflow(id)) };
    if (call.endpoint === 'runs') {
      const history = [...runs.values()].filter(({ workflowId }) => workflowId === call.workflowId).reverse();
      return pageOf(call, history, ({ record }) => onWire(record));
    }
    const run = runs.get(call.runId);
    if (run && call.endpoint === 'steps') return { json: [wireStep({ id: `${call.runId}-step` })] };
    return run && call.endpoint === 'run' ? { json: [onWire(run.record)] } : NOT_FOUND;
  };

  return {
    script,
    start(workflowId, runId, { tie = false, ...fields } = {}) {
      runs.set(runId, { workflowId, record: wireRun(runId, { start_time: next(tie), end_time: null, ...fields }) });
    },
    change(runId, fields) {
      const run = runs.get(runId);
      if (run) run.record = { ...run.record, ...fields };
    },
    startWaiting() {
      for (const run of runs.values()) {
        if (run.record.start_time === null) run.record = { ...run.record, start_time: next(false), status: 'running' };
      }
    },
    ids: () => [...runs.keys()],
    clear() {
      runs.clear();
    },
  };
}
