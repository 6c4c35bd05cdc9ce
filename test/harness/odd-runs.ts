/**
 * A scripted upstream of two workflows whose runs have unusual data: failures, other types, numbers out of range, no
 * steps.
 */
import type { Reply, Script } from './upstream.ts';
import { type Wire, wireRun, wireStep, wireWorkflow } from './wire.ts';

const failed = { status: 'failed', error: '{"message":"no","code":7}', outputs: null };

/** Only `r3` comes without a record. */
const STEPS: Readonly<Record<string, readonly Wire[]>> = {
  r1: [
    wireStep({ ...failed, id: 's1' }),
    wireStep({ id: 's2', start_time: '2025-03-13T02:41:18Z', end_time: '2025-03-13T02:41:20Z' }),
    wireStep({ id: 's3', node_id: 'send', status: 'skipped', outputs: [1, { usage: null }], tokens: 12 }),
  ],
  r2: [
    wireStep({ id: 's1', end_time: '2025-03-13T02:41:00Z', elapsed_time: 2 ** 40, tokens: 2 ** 40, node_id: 'gone' }),
    wireStep({ id: 's2', status: 'odd', start_time: null, end_time: null, error: '', inputs: { x: [null] } }),
  ],
  r3: [wireStep({ id: 's1' })],
  h1: [wireStep({ id: 'h1-1' })],
  h2: [wireStep({ id: 'h2-1', ...failed }), wireStep({ id: 'h2-2', node_id: 'send' })],
  h3: [],
  o1: [wireStep({ id: 'o1-1' })],
  started: [wireStep({ id: 'started-1' })],
};

/** Newest first. No run is both in a list and known by id: otherwise the order of the calls would matter. */
export const HISTORIES: Readonly<Record<string, readonly string[]>> = { wf: ['h1', 'h2', 'h3'], other: ['o1'] };

export const oddRuns: Script = ({ endpoint, workflowId, runId }): Reply => {
  const none = { status: 404, json: {} };
  const steps = STEPS[runId];
  switch (endpoint) {
    case 'workflows':
      return { json: [wireWorkflow('wf'), wireWorkflow('other', { graph: null })] };
    case 'runs':
      return HISTORIES[workflowId] ? { json: HISTORIES[workflowId].map((id) => wireRun(id)) } : none;
    case 'run':
      return steps ? { json: runId === 'r3' ? [] : [wireRun(runId)] } : none;
    case 'steps':
      return steps ? { json: steps } : none;
    case 'execute':
      return { json: { run_id: 'started', message: 'started' } };
    case 'cancel':
    case 'resume':
      return steps ? { json: {} } : none;
    case 'unknown':
      return none;
  }
};
