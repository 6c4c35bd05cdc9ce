/** A gateway over a workflow with 25 runs, the newest of them live until the test ends it. */
import { createManualClock } from '../../../test/harness/clock.ts';
import { startGateway } from '../../../test/harness/gateway.ts';
import { startUpstream } from '../../../test/harness/upstream.ts';
import { type Wire, wireStep, wireWorkflow } from '../../../test/harness/wire.ts';
import { createScriptedHistory } from '../../../test/harness/workflows.ts';

export const LIVE_RUN_KEY = { workflowId: 'wf', id: 'run-25' };
const POLL_MS = 5000;

export async function startLiveHistory() {
  const clock = createManualClock();
  let endMs: number | null = null;
  const { script } = createScriptedHistory(25, [wireWorkflow(LIVE_RUN_KEY.workflowId)]);
  const live = (record: Wire): Wire => {
    if (record['id'] !== LIVE_RUN_KEY.id) return record;
    return endMs === null
      ? { ...record, status: 'running', end_time: null }
      : { ...record, end_time: new Date(endMs).toISOString() };
  };
  const upstream = await startUpstream(async (call) => {
    const { json, ...reply } = await script(call);
    if (call.endpoint === 'steps' && call.runId === LIVE_RUN_KEY.id) {
      return { json: (endMs === null ? ['a'] : ['a', 'b']).map((id) => wireStep({ id })) };
    }
    const isOfRuns = call.endpoint === 'run' || call.endpoint === 'runs';
    return { ...reply, json: isOfRuns ? (json as readonly Wire[]).map(live) : json };
  });
  const gateway = await startGateway({ upstream, clock });
  const timers = clock.pending.length;
  return {
    url: `${gateway.url}/graphql`,
    /** The run ends, as soon as a client follows it. The second poll proves that there are no further steps. */
    async end() {
      await clock.timers(timers + 1);
      endMs = clock.now();
      clock.advance(POLL_MS);
      await clock.timers(timers + 1);
      clock.advance(POLL_MS);
    },
    async close() {
      await gateway.close();
      await upstream.close();
    },
  };
}
