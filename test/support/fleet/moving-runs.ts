/** An upstream whose runs go on by the machine's clock, and which notes each call that it gets. */
import { startFaultyUpstream, type Endpoint, type FaultyUpstream } from '../../harness/faulty-upstream.ts';
import { wireRun, wireStep } from '../../harness/wire.ts';

export interface MovingRuns {
  readonly upstream: FaultyUpstream;
  readonly calls: readonly { readonly endpoint: Endpoint; readonly runId: string; readonly atMs: number }[];
  /** Ends all runs. */
  finish(): void;
  /** How many steps a run has ended with. */
  finalStepsOf(runId: string): number;
}

/** A run starts when it is first asked for, and a step of it each time that `stepMs` have passed. */
export async function startMovingRuns(stepMs: number): Promise<MovingRuns> {
  const starts = new Map<string, number>();
  const calls: { endpoint: Endpoint; runId: string; atMs: number }[] = [];
  let endMs = Infinity;
  const startOf = (runId: string): number => {
    const start = starts.get(runId) ?? Date.now();
    starts.set(runId, start);
    return start;
  };
  const stepsAt = (runId: string, ms: number): number =>
    1 + Math.max(0, Math.floor((Math.min(ms, endMs) - startOf(runId)) / stepMs));

  const upstream = await startFaultyUpstream(({ endpoint, runId }) => {
    const atMs = Date.now();
    calls.push({ endpoint, runId, atMs });
    if (endpoint === 'steps') {
      const steps = stepsAt(runId, atMs);
      return { json: Array.from({ length: steps }, (_, index) => wireStep({ id: `s${index}` })) };
    }
    if (endpoint !== 'run') return { status: 404 };
    const isOver = atMs >= endMs;
    const start_time = new Date(startOf(runId)).toISOString();
    const end_time = isOver ? new Date(endMs).toISOString() : null;
    return { json: [wireRun(runId, { status: isOver ? 'completed' : 'running', start_time, end_time })] };
  });
  return {
    upstream,
    calls,
    finish() {
      endMs = Date.now();
    },
    finalStepsOf: (runId) => stepsAt(runId, endMs),
  };
}
