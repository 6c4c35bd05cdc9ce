/** A scripted upstream with workflows and a history that the test can extend: calls 1, 3, 4 and 5. */
import type { Reply, Script } from './faulty-upstream.ts';
import { wireRun, wireStep, type Wire } from './wire.ts';

export interface ScriptedHistory {
  readonly script: Script;
  /** Newest first, the same for each workflow. */
  readonly runIds: string[];
  /** Adds a run: it is the newest. */
  start(runId: string): void;
}

const FIRST_START = Date.parse('2026-01-01T00:00:00Z');

/** `perInstant`: this number of runs starts at the same time. */
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
    const startMs = starts.get(runId) ?? FIRST_START;
    const [start_time, end_time] = [startMs, startMs + 2500].map((time) => new Date(time).toISOString());
    return wireRun(runId, { start_time, end_time });
  };

  const script: Script = ({ endpoint, runId, url }): Reply => {
    switch (endpoint) {
      case 'steps':
        return { json: [wireStep({ id: `${runId}-step` })] };
      case 'run':
        return { json: [record(runId)] };
      case 'runs': {
        const limit = Number(url.searchParams.get('limit') ?? 100);
        const offset = Number(url.searchParams.get('offset') ?? 0);
        // The contract allows at most a hundred.
        if (limit < 1 || limit > 100) return { status: 400 };
        return { json: runIds.slice(offset, offset + limit).map(record) };
      }
      case 'workflows':
        return { json: workflows };
      default:
        return { status: 404, json: {} };
    }
  };
  return { script, runIds, start };
}

/** A workflow of two nodes in sequence. */
export const wireWorkflow = (id: string, fields: Wire = {}): Wire => ({
  workflow_id: id,
  name: `Workflow ${id}`,
  description: 'Answers mail',
  status: 'active',
  version: '1.2',
  public: false,
  user_id: 'user-1',
  organization_id: 'org-1',
  created_at: '2025-03-12 00:59:55.465508+00:00',
  updated_at: '2025-03-13 00:59:55.465508+00:00',
  file_metadata: { bucket: 'secret-bucket', url: 'https://secret.example/x', key: 'secret-key' },
  graph: {
    description: '',
    nodes: {
      model_1: { type: 'model', metadata: { description: 'Writes' } },
      send: { type: 'code', metadata: { description: '' } },
    },
    edges: [
      ['START', 'model_1'],
      ['model_1', 'send'],
      ['send', 'END'],
    ],
    entry_point: 'model_1',
    finish_point: 'send',
  },
  ...fields,
});
