import { describe, expect, it } from '@jest/globals';
import type { WorkflowDefinition } from '../../src/embedded-upstream/definition.ts';
import { startRun, type Run } from '../../src/embedded-upstream/engine.ts';
import { planRun, type Steering } from '../../src/embedded-upstream/plan.ts';
import { createVirtualScheduler } from '../../src/embedded-upstream/scheduler.ts';
import { NOON } from './harness.ts';

/** `broken` ends first, while `flaky` waits for its retry and `choose` still runs. */
const WORKFLOW: WorkflowDefinition = {
  id: 'three-branches',
  name: 'Three branches',
  description: '',
  version: '1',
  isPublic: false,
  createdBy: 'user-ada',
  createdAt: '2026-01-01T00:00:00.000000Z',
  updatedAt: '2026-01-01T00:00:00.000000Z',
  entry: 'begin',
  finish: 'join',
  untakenNodesAre: 'skipped',
  edges: [
    ['begin', 'broken'],
    ['begin', 'flaky'],
    ['begin', 'choose'],
    ['choose', 'taken'],
    ['choose', 'untaken'],
    ['untaken', 'behind_untaken'],
    ['broken', 'join'],
    ['flaky', 'join'],
    ['taken', 'join'],
    ['behind_untaken', 'join'],
  ],
  nodes: [
    { id: 'begin', type: 'code', description: '', seconds: [0.1, 0.1], answer: () => null },
    {
      id: 'broken',
      type: 'code',
      description: '',
      seconds: [0.2, 0.2],
      answer: () => null,
      mishap: { kind: 'fatal', chance: 0, error: 'broken' },
    },
    {
      id: 'flaky',
      type: 'code',
      description: '',
      seconds: [0.1, 0.1],
      answer: () => null,
      mishap: { kind: 'transient', chance: 0, error: 'flaky' },
    },
    {
      id: 'choose',
      type: 'conditional',
      description: '',
      seconds: [2, 2],
      branches: { yes: ['taken'], no: ['untaken'] },
      branchFor: () => 'yes',
    },
    { id: 'taken', type: 'code', description: '', seconds: [0.1, 0.1], answer: () => null },
    { id: 'untaken', type: 'code', description: '', seconds: [0.1, 0.1], answer: () => null },
    { id: 'behind_untaken', type: 'code', description: '', seconds: [0.1, 0.1], answer: () => null },
    { id: 'join', type: 'code', description: '', seconds: [0.1, 0.1], answer: () => null },
  ],
  exampleInputs: () => ({}),
};

function finishedRun(steering: Steering): Run {
  const scheduler = createVirtualScheduler(NOON);
  const plan = planRun(WORKFLOW, {}, 'seed', steering);
  const request = { runId: 'run-1', workflow: WORKFLOW, plan, userId: 'user-ada', inputs: {}, scheduler, pace: 1 };
  const { run } = startRun(request);
  scheduler.runToEnd();
  return run;
}

const statuses = (run: Run): string[] => run.steps.map(({ nodeId, status }) => `${nodeId} ${status}`).sort();

describe('the engine', () => {
  it('joins branches: the untaken one is skipped to its end', () => {
    const run = finishedRun({ outcomeOf: () => 'success' });
    expect(run.status).toBe('completed');
    expect(statuses(run)).toEqual([
      'begin completed',
      'behind_untaken skipped',
      'broken completed',
      'choose completed',
      'flaky completed',
      'join completed',
      'taken completed',
      'untaken skipped',
    ]);
    expect(run.steps.at(-1)?.nodeId).toBe('join');
  });

  it('lets steps that run beside a failure finish, and starts nothing more: no retry, no successor, nothing skipped', () => {
    const run = finishedRun({
      outcomeOf: ({ id }) => (id === 'broken' ? 'failure' : id === 'flaky' ? 'retry' : 'success'),
    });
    expect(run).toMatchObject({ status: 'failed', error: 'Node "broken" failed' });
    expect(statuses(run)).toEqual(['begin completed', 'broken failed', 'choose completed', 'flaky failed']);
    const choose = run.steps.find(({ nodeId }) => nodeId === 'choose');
    expect(run.endMicros).toBeGreaterThanOrEqual(choose?.endMicros ?? Infinity);
  });

  it('cancels what runs, and nothing follows', () => {
    const run = finishedRun({ outcomeOf: () => 'success', cancelAfterMs: 1000 });
    expect(run).toMatchObject({ status: 'cancelled', endMicros: (NOON + 1000) * 1000 });
    expect(statuses(run)).toEqual(['begin completed', 'broken completed', 'choose cancelled', 'flaky completed']);
  });
});
