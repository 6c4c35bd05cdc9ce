/** Upstream calls for live runs that all gateways of a fleet watch, next to those of one gateway. */
import { setTimeout as pause } from 'node:timers/promises';
import { startFaultyUpstream } from '../../harness/faulty-upstream.ts';
import { startValkey } from '../../harness/valkey.ts';
import { wireRun, wireStep } from '../../harness/wire.ts';
import { startGateways } from './gateways.ts';
import { createWatchers } from './watchers.ts';

export interface PollPlan {
  readonly gateways: number;
  readonly runs: number;
  readonly ttlMs: number;
  /** Each run has another step after this time. */
  readonly changeMs: number;
  readonly durationMs: number;
}

export interface Polls {
  readonly calls: number;
  /** Of the subscriber that received the fewest states. */
  readonly leastStates: number;
  readonly states: number;
}

export async function countPolls({ gateways: count, runs, ttlMs, changeMs, durationMs }: PollPlan): Promise<Polls> {
  const startedAt = Date.now();
  const steps = () => 1 + Math.floor((Date.now() - startedAt) / changeMs);
  const upstream = await startFaultyUpstream(({ endpoint, runId }) =>
    endpoint === 'run'
      ? { json: [wireRun(runId, { status: 'running', end_time: null })] }
      : { json: Array.from({ length: steps() }, (_, index) => wireStep({ id: `${runId}-${index}` })) },
  );
  const valkey = await startValkey();
  const gateways = await startGateways({
    count,
    upstreamUrl: upstream.url,
    redisUrl: valkey.url,
    environment: { LIVE_TTL_MS: String(ttlMs), REDIS_TIMEOUT_MS: '1000', UPSTREAM_ENDPOINTS: 'steps,run' },
  });
  const watchers = createWatchers<unknown>({ nextUrl: gateways.nextUrl, key: 'key-1', isFinal: () => false });
  try {
    const watching = Array.from({ length: runs * count }, (_, index) =>
      watchers.bySse(
        `subscription { runUpdated(workflowId: "wf", id: "r${index % runs}") { run { stepCounts { total } } } }`,
      ),
    );
    // Consecutive connections go to different gateways; each gateway watches every run.
    await pause(durationMs / 5);
    const before = { calls: upstream.calls.length, steps: steps(), seen: watching.map(({ events }) => events.length) };
    await pause(durationMs);
    const seen = watching.map(({ events }, index) => events.length - (before.seen[index] ?? 0));
    return {
      calls: upstream.calls.length - before.calls,
      leastStates: Math.min(...seen),
      states: steps() - before.steps,
    };
  } finally {
    await watchers.close();
    await gateways.close();
    await valkey.close();
    await upstream.close();
  }
}
