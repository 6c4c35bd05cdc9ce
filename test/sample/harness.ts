/** The embedded upstream over real HTTP, with a clock that the test moves. */
import { afterAll } from '@jest/globals';
import { createVirtualScheduler, type Scheduler } from '../../src/sample/scheduler.ts';
import { createEmbeddedUpstream, type EmbeddedUpstream } from '../../src/sample/server.ts';

export interface WireStep {
  id: string;
  user_id: string;
  organization_id: string;
  node_id: string;
  status: string;
  start_time: string;
  end_time: string | null;
  elapsed_time: number;
  error: string | null;
  outputs: unknown;
  inputs: Record<string, unknown>;
  step_metadata: unknown;
  tokens: number;
}

export interface WireRun {
  id: string;
  status: string;
  start_time: string;
  end_time: string | null;
  elapsed_time: number;
  error: string | null;
  outputs: unknown;
  all_outputs: Record<string, unknown>;
  inputs: Record<string, unknown>;
}

export interface WireWorkflow {
  workflow_id: string;
  organization_id: string;
  created_at: string;
  updated_at: string;
  graph: {
    nodes: Record<string, { type: string }>;
    edges: [string, string][];
    entry_point: string;
    finish_point: string;
    node_metadata: string;
  };
}

export interface Upstream {
  readonly url: string;
  request(path: string, init?: RequestInit): Promise<Response>;
  get(path: string, key?: string): Promise<unknown>;
  workflows(key?: string): Promise<WireWorkflow[]>;
  runs(workflowId: string, key?: string): Promise<WireRun[]>;
  run(workflowId: string, runId: string): Promise<WireRun>;
  /** By start time. */
  steps(workflowId: string, runId: string, key?: string): Promise<WireStep[]>;
  /** Resolves with the run's id. */
  execute(workflowId: string, inputs: object): Promise<string>;
  /** Moves the clock of live runs. */
  advance(ms: number): void;
}

export const NOON = Date.parse('2026-11-20T12:00:00Z');

const opened: EmbeddedUpstream[] = [];

// Closed here and not in each test: an upstream that a failing test left open would keep jest from ending.
afterAll(async () => {
  await Promise.all(opened.map((upstream) => upstream.close()));
});

export async function startUpstream(
  options: { seed?: number; pace?: number; scheduler?: Scheduler } = {},
): Promise<Upstream> {
  const scheduler = createVirtualScheduler(NOON);
  const upstream = await createEmbeddedUpstream({ port: 0, scheduler, ...options });
  opened.push(upstream);

  const request = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${upstream.url}${path}`, { headers: { authorization: 'Bearer demo-key' }, ...init });

  async function get(path: string, key = 'demo-key'): Promise<unknown> {
    const response = await request(path, { headers: { authorization: `Bearer ${key}` } });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  return {
    url: upstream.url,
    request,
    get,
    workflows: async (key) => (await get('/workflows', key)) as WireWorkflow[],
    runs: async (workflowId, key) => (await get(`/workflows/${workflowId}/runs`, key)) as WireRun[],
    run: async (workflowId, runId) => {
      const [run, ...more] = (await get(`/workflows/${workflowId}/runs/${runId}`)) as WireRun[];
      if (!run || more.length > 0) throw new Error('expected an array that holds one run record');
      return run;
    },
    steps: async (workflowId, runId, key) => {
      const steps = (await get(`/workflows/${workflowId}/runs/${runId}/steps`, key)) as WireStep[];
      return steps.sort((one, another) => (one.start_time < another.start_time ? -1 : 1));
    },
    execute: async (workflowId, inputs) => {
      const response = await request(`/workflows/${workflowId}/execute`, {
        method: 'POST',
        body: JSON.stringify(inputs),
      });
      return ((await response.json()) as { run_id: string }).run_id;
    },
    advance: (ms) => {
      scheduler.advance(ms);
    },
  };
}

/** Exact microseconds since 1970. */
export function microsOf(timestamp: string | null): number {
  const match = /^(.*\.\d{3})(\d{3})Z$/.exec(timestamp ?? '');
  if (!match) throw new Error(`expected microseconds and Z, got ${String(timestamp)}`);
  return Date.parse(`${match[1] ?? ''}Z`) * 1000 + Number(match[2]);
}
