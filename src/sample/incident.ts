/**
 * What a visitor of the sample finds: less than an hour ago the prompt of a model changed, most runs since have failed there, and
 * a run of another workflow has been stuck for a while, and a third one waits for a person.
 */
import type { Mishap, WorkflowNode } from './definition.ts';
import type { Steering } from './plan.ts';
import { createRandom } from './random.ts';

const MINUTE_MS = 60_000;
const TEN_MINUTES_MS = 10 * MINUTE_MS;

export interface IncidentRun {
  readonly workflowId: string;
  readonly startMs: number;
  readonly era: 'usual' | 'incident';
  readonly steering: Steering;
}

/** Minutes before the sample was opened, and whether the run fails. The prompt changed with the first of the incident. */
const BEFORE = [176, 161, 149, 138, 121, 112, 97, 88, 76, 64];
const DURING: readonly (readonly [minutes: number, isFailed: boolean])[] = [
  ...([
    [41, false],
    [38, true],
    [33, true],
    [29, false],
    [24, true],
    [19, true],
    [13, true],
    [8, false],
    [4, true],
  ] as const),
];
const CHANGED = 'draft_reply';
/** One run is stuck. Twelve runs before it show the usual duration. */
const STUCK = { workflowId: 'document-ingest', minutes: 12, nodeId: 'embed', slowness: 3000 };

const WAITING = { workflowId: 'invoice-extraction', minutes: 26, nodeId: 'review_queue', slowness: 100_000 };

const MISHAP: Mishap = {
  kind: 'fatal',
  chance: 0,
  error: (random) => `ValueError: the answer for ticket T-${random.integer(4000, 4999)} has no field "reply"`,
  answersAnyway: true,
};

const outcomesOf = (isFailed: boolean): Steering => ({
  outcomeOf: ({ id }: WorkflowNode) => (isFailed && id === CHANGED ? 'failure' : 'success'),
  mishapOf: ({ id }: WorkflowNode) => (id === CHANGED ? MISHAP : undefined),
});

/** Samples that are opened within the same ten minutes have the same incident. */
export function incidentRuns(seed: number, openedMs: number): IncidentRun[] {
  const anchorMs = openedMs - (openedMs % TEN_MINUTES_MS);
  const random = createRandom(seed, 'incident', anchorMs);
  const startOf = (minutes: number): number => anchorMs - minutes * MINUTE_MS + random.between(0, 20_000);
  const workflowId = 'support-triage';
  return [
    ...BEFORE.map((minutes) => ({
      ...{ workflowId, startMs: startOf(minutes), era: 'usual' as const, steering: outcomesOf(false) },
    })),
    ...DURING.map(([minutes, isFailed]) => ({
      ...{ workflowId, startMs: startOf(minutes), era: 'incident' as const, steering: outcomesOf(isFailed) },
    })),
    ...Array.from({ length: 12 }, (_, index) => ({
      workflowId: STUCK.workflowId,
      startMs: startOf(STUCK.minutes + 70 * (index + 1)),
      era: 'usual' as const,
      steering: { outcomeOf: () => 'success' as const },
    })),
    {
      workflowId: STUCK.workflowId,
      startMs: startOf(STUCK.minutes),
      era: 'usual',
      steering: {
        outcomeOf: () => 'success' as const,
        slownessOf: (nodeId) => (nodeId === STUCK.nodeId ? STUCK.slowness : 1),
      },
    },
    {
      workflowId: WAITING.workflowId,
      startMs: startOf(WAITING.minutes),
      era: 'usual',
      steering: {
        outcomeOf: () => 'success' as const,
        branchOf: () => 'review',
        waitingNodeId: WAITING.nodeId,
        slownessOf: (nodeId) => (nodeId === WAITING.nodeId ? WAITING.slowness : 1),
      },
    },
  ];
}
