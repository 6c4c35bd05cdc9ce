import { describe, expect, it } from '@jest/globals';
import { createManualClock } from '../harness/clock.ts';
import { startFaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { ofWorkflow, placesOf } from '../harness/operations.ts';
import { createScriptedWorkflows } from '../harness/scripted-workflows.ts';

describe('a trend by the calendar', () => {
  const ids = Array.from({ length: 20 }, (_, index) => (index === 0 ? 'wf' : `wf-${index}`));
  const workflows = createScriptedWorkflows(ids);
  const upstream = perTest(() => {
    workflows.clear();
    return startFaultyUpstream(workflows.script);
  });
  const { now, after } = createManualClock(Date.parse('2026-11-24T12:00:00Z'));
  const gateway = perTest(() => startGateway({ UPSTREAM_URL: upstream.url }, { now, after }));
  const start = (workflowId: string, id: string, start_time: string) => {
    workflows.start(workflowId, id, { start_time });
  };
  const NEW_YORK = 'interval: DAY, timeZone: "America/New_York"';

  it('Days begin at midnight of the time zone, across the change of the clock, for one call.', async () => {
    start('wf', 'r1', '2026-10-31T12:00:00Z');
    start('wf', 'r2', '2026-11-01T04:00:00Z');
    start('wf', 'r3', '2026-11-02T04:59:59Z');
    start('wf', 'r4', '2026-11-02T05:00:00Z');
    const window = 'startedAfter: "2026-10-31T04:00:00Z", startedBefore: "2026-11-03T00:00:00Z"';
    const query = ofWorkflow(`trend(${NEW_YORK}, ${window}, buckets: 7) { startedAt endedAt runCount isComplete }`);
    const bucket = (startedAt: string, endedAt: string, runCount: number, isComplete: boolean) => ({
      ...{ startedAt: `${startedAt}:00.000000Z`, endedAt: `${endedAt}:00.000000Z`, runCount, isComplete },
    });
    for (let time = 0; time < 3; time += 1) {
      const { data, errors } = await gateway.query(query);
      expect(errors).toEqual([]);
      expect(data).toEqual({
        workflow: {
          trend: [
            bucket('2026-10-31T04:00', '2026-11-01T04:00', 1, true),
            bucket('2026-11-01T04:00', '2026-11-02T05:00', 2, true),
            bucket('2026-11-02T05:00', '2026-11-03T05:00', 1, false),
          ],
        },
      });
    }
    expect(upstream.calls.map(({ endpoint }) => endpoint)).toEqual(['runs']);
  });

  it('Trends of 20 workflows take one call for each history, with their usage.', async () => {
    for (const id of ids) start(id, `${id}-run`, '2026-11-24T11:59:00Z');
    const { data, errors } = await gateway.query(
      `{ workflows { nodes { trend(${NEW_YORK}) { runCount isComplete usage { runsReporting } } } } }`,
    );
    expect(errors).toEqual([]);
    const trend = [{ runCount: 1, isComplete: false, usage: { runsReporting: 1 } }];
    expect(data).toEqual({ workflows: { nodes: ids.map(() => ({ trend })) } });
    expect(upstream.calls.map(({ endpoint }) => endpoint)).toEqual(['workflows', ...ids.map(() => 'runs')]);
  });

  it.each([
    ['timeZone: "Mars/Olympus"', 'timeZone must be an IANA time zone such as "America/New_York", got "Mars/Olympus".'],
    [
      'startedAfter: "2026-08-01T00:00:00Z", startedBefore: "2026-11-10T00:00:00Z"',
      'interval must give at most 100 buckets, got more. Choose a longer interval or a shorter window.',
    ],
  ])('The arguments %s are refused.', async (args, message) => {
    const answer = await gateway.query(ofWorkflow(`id trend(interval: DAY, ${args}) { runCount }`));
    expect(answer.data).toEqual({ workflow: { id: 'wf', trend: null } });
    expect(placesOf(answer)).toEqual(['workflow.trend: BAD_USER_INPUT']);
    expect(answer.errors[0]?.message).toBe(message);
  });
});
