import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { createRuns } from '../../src/runs/runs.ts';
import { GatewayError } from '../../src/upstream/errors.ts';
import { createManualClock } from '../harness/clock.ts';
import { listed, ran, runRecord } from '../support/facts.ts';
import { operationOf } from '../support/operations.ts';
import { scriptedApi } from '../support/run-parts.ts';

const REF = { workflowId: 'wf', runId: 'r1' };

describe('the runs of a gateway', () => {
  function create(environment: Readonly<Record<string, string>> = {}) {
    const clock = createManualClock();
    const calls: string[] = [];
    let starts = 0;
    const upstream = scriptedApi({
      getRun({ runId }) {
        calls.push(`record ${runId}`);
        return Promise.resolve({ value: runRecord({ id: runId }), sizeBytes: 100 });
      },
      listSteps({ runId }) {
        calls.push(`steps ${runId}`);
        return Promise.resolve({ value: listed([ran('a', 0, 1)]), sizeBytes: 100 });
      },
      execute() {
        starts += 1;
        return Promise.resolve({ runId: `run-${starts}`, message: null });
      },
    });
    const runs = createRuns({ config: readConfig(environment), upstream, isVerified: false, fleet: null, ...clock });
    return { ...runs, calls };
  }

  it('have no records where UPSTREAM_ENDPOINTS names none', async () => {
    for (const [endpoints, expected] of [
      ['steps,run', ['record r1']],
      ['steps', []],
    ] as const) {
      const { runStore, calls } = create({ UPSTREAM_ENDPOINTS: endpoints });
      await runStore.record(REF, operationOf('ada'));
      expect(calls).toEqual(expected);
    }
  });

  it('are started once for a key', async () => {
    const { runStarter, shared, sharedStarts } = create();
    const start = { workflowId: 'wf', inputs: {}, idempotencyKey: 'key' };
    expect((await runStarter.start(start, operationOf('ada'))).runId).toBe('run-1');
    expect((await runStarter.start(start, operationOf('ada'))).runId).toBe('run-1');
    expect([shared, sharedStarts]).toEqual([null, null]);
  });

  it('may be watched as often as MAX_SUBSCRIPTIONS_PER_VIEWER says, together with workflows', async () => {
    const { livePollers, workflowPollers } = create({ MAX_SUBSCRIPTIONS_PER_VIEWER: '2' });
    const states = livePollers.watch(REF, 'STEPS', operationOf('ada'));
    expect((await states.next()).done).toBe(false);
    expect(() => workflowPollers.watch(['wf-1', 'wf-2'], operationOf('ada'))).toThrow(GatewayError);
    livePollers.close();
  });
});
