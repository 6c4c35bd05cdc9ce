/**
 * A scripted upstream of several workflows, each with its own history that the test can change: calls 1, 3, 4 and 5.
 */
import type { Reply, Script } from './faulty-upstream.ts';
import { wireWorkflow } from './scripted-history.ts';
import { wireRun, wireStep, type Wire } from './wire.ts';

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

const FIRST_START = Date.parse('2026-01-01T00:00:00Z');

export function createScriptedWorkflows(workflowIds: readonly string[]): ScriptedWorkflows {
  const runs = new Map<string, { readonly workflowId: string; record: Wire }>();
  let time = FIRST_START;
  const next = (isTie: boolean): string => new Date(isTie ? time : (time += 60_000)).toISOString();

  /** Finished runs have an end. */
  const onWire = (record: Wire): Wire => {
    const { status, start_time: start } = record;
    const isOver = status === 'completed' || status === 'failed';
    return isOver && typeof start === 'string'
      ? { ...record, end_time: new Date(Date.parse(start) + 2500).toISOString() }
      : record;
  };

  /** Newest first. */
  const historyOf = (workflowId: string): Wire[] =>
    [...runs.values()]
      .filter((run) => run.workflowId === workflowId)
      .map(({ record }) => onWire(record))
      .reverse();

  const script: Script = ({ endpoint, workflowId, runId, url }): Reply => {
    const run = runs.get(runId);
    switch (endpoint) {
      case 'steps':
        return run ? { json: [wireStep({ id: `${runId}-step` })] } : { status: 404, json: {} };
      case 'run':
        return run ? { json: [onWire(run.record)] } : { status: 404, json: {} };
      case 'runs': {
        const limit = Number(url.searchParams.get('limit'));
        const offset = Number(url.searchParams.get('offset'));
        if (limit < 1 || limit > 100) return { status: 400 };
        return { json: historyOf(workflowId).slice(offset, offset + limit) };
      }
      case 'workflows':
        return { json: workflowIds.map((id) => wireWorkflow(id)) };
      default:
        return { status: 404, json: {} };
    }
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
