/** An upstream whose runs go on by the machine's clock, and which notes each call that it gets. */
import { startFaultyUpstream, type Endpoint, type FaultyUpstream } from '../faulty-upstream.ts';
import { wireRun, wireStep } from '../wire.ts';

export interface MovingRuns {
  readonly upstream: FaultyUpstream;
  readonly calls: readonly { readonly endpoint: Endpoint; readonly runId: string; readonly atMs: number }[];
  /** How many steps a run had at a time. */
  stepsAt(runId: string, ms: number): number;
  /** What a run ends with. */
  readonly finalSteps: number;
}

export interface MovingRunsOptions {
  /** A step begins each time that this has passed. */
  readonly stepMs: number;
  readonly lifeMs: number;
}

/** A run starts when it is first asked for. */
export async function startMovingRuns({ stepMs, lifeMs }: MovingRunsOptions): Promise<MovingRuns> {
  const starts = new Map<string, number>();
  const calls: { endpoint: Endpoint; runId: string; atMs: number }[] = [];
  const finalSteps = 1 + Math.floor(lifeMs / stepMs);
  const startOf = (runId: string): number => {
    const start = starts.get(runId) ?? Date.now();
    starts.set(runId, start);
    return start;
  };
  const stepsAt = (runId: string, ms: number): number =>
    Math.min(finalSteps, 1 + Math.max(0, Math.floor((ms - startOf(runId)) / stepMs)));

  const upstream = await startFaultyUpstream(({ endpoint, runId }) => {
    const atMs = Date.now();
    calls.push({ endpoint, runId, atMs });
    if (endpoint === 'steps') {
      const steps = stepsAt(runId, atMs);
      return { json: Array.from({ length: steps }, (_, index) => wireStep({ id: `s${index}` })) };
    }
    if (endpoint !== 'run') return { status: 404 };
    const isOver = atMs >= startOf(runId) + lifeMs;
    const start_time = new Date(startOf(runId)).toISOString();
    const end_time = isOver ? new Date(startOf(runId) + lifeMs).toISOString() : null;
    return { json: [wireRun(runId, { status: isOver ? 'completed' : 'running', start_time, end_time })] };
  });
  return { upstream, calls, stepsAt, finalSteps };
}
