/**
 * What a visitor finds in the sample: less than an hour ago, a model's prompt changed, and runs in German have failed
 * there since. In another workflow, a node has become slow, and its newest run is stuck; in a third one, a run waits
 * for a person.
 */
import type { JsonObject, Mishap, WorkflowNode } from './definition.ts';
import { WAITS, type Steering } from './plan.ts';
import { createRandom } from './random.ts';

const MINUTE_MS = 60_000;
const TEN_MINUTES_MS = 10 * MINUTE_MS;

export interface IncidentRun {
  readonly workflowId: string;
  readonly startMs: number;
  readonly era: 'usual' | 'incident';
  readonly steering: Steering;
  /** Replaces example inputs with the same names. */
  readonly inputs?: JsonObject;
}

/** Minutes before the sample was opened. The prompt changed with the first run of the incident. */
const BEFORE = [176, 161, 149, 138, 121, 112, 97, 88, 76, 64];
/** Earliest first. */
const DURING = [41, 40, 38, 36, 35, 33, 31, 29, 27, 26, 24, 22, 21, 19, 17, 16, 13, 12, 11, 9, 8, 6, 5, 4];
const FAILED: ReadonlySet<number> = new Set([38, 33, 24, 19, 13, 9, 6, 4]);
/** Runs in which the model names the field `antwort`. */
const IN_GERMAN: ReadonlySet<number> = new Set([...FAILED, 27]);
const CHANGED = 'draft_reply';
/** One run is stuck. The runs before it show the usual duration. */
const STUCK = { workflowId: 'document-ingest', minutes: 12, nodeId: 'embed', slowness: 3000 };
/** A prompt that asks for more made the latest runs before it slower. */
const SLOWER = { nodeId: 'extract_entities', slowness: 5, runs: 14, runsBefore: 16 };

const WAITING = { workflowId: 'invoice-extraction', minutes: 26 };

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

/**
 * No other run starts in these workflows until the sample is opened, because it would have the prompt from before the
 * change.
 */
export function incidentStarts(openedMs: number): ReadonlyMap<string, number> {
  const anchorMs = openedMs - (openedMs % TEN_MINUTES_MS);
  const minutesAgo = { 'support-triage': DURING[0] ?? 0, [STUCK.workflowId]: minutesOfSlower(SLOWER.runs) };
  return new Map(Object.entries(minutesAgo).map(([id, minutes]) => [id, anchorMs - minutes * MINUTE_MS]));
}

/** `index` 0 is the newest. */
const minutesOfSlower = (index: number): number => STUCK.minutes + 70 * (index + 1);

/** Samples opened within the same ten minutes have the same incident. */
export function incidentRuns(seed: number, openedMs: number): IncidentRun[] {
  const anchorMs = openedMs - (openedMs % TEN_MINUTES_MS);
  const random = createRandom(seed, 'incident', anchorMs);
  const startOf = (minutes: number): number => anchorMs - minutes * MINUTE_MS + random.between(0, 20_000);
  const workflowId = 'support-triage';
  return [
    ...BEFORE.map((minutes) => ({
      ...{ workflowId, startMs: startOf(minutes), era: 'usual' as const, steering: outcomesOf(false) },
    })),
    ...DURING.map((minutes) => ({
      ...{ workflowId, startMs: startOf(minutes), era: 'incident' as const, steering: outcomesOf(FAILED.has(minutes)) },
      inputs: { language: IN_GERMAN.has(minutes) ? 'de' : 'en' },
    })),
    ...Array.from({ length: SLOWER.runs + SLOWER.runsBefore }, (_, index) => ({
      workflowId: STUCK.workflowId,
      startMs: startOf(minutesOfSlower(index)),
      era: index < SLOWER.runs ? ('incident' as const) : ('usual' as const),
      steering: {
        outcomeOf: () => 'success' as const,
        slownessOf: (nodeId: string) => (index < SLOWER.runs && nodeId === SLOWER.nodeId ? SLOWER.slowness : 1),
      },
    })),
    {
      workflowId: STUCK.workflowId,
      startMs: startOf(STUCK.minutes),
      era: 'incident',
      steering: {
        outcomeOf: () => 'success' as const,
        slownessOf: (nodeId) => (nodeId === STUCK.nodeId ? STUCK.slowness : 1),
      },
    },
    {
      workflowId: WAITING.workflowId,
      startMs: startOf(WAITING.minutes),
      era: 'usual',
      steering: WAITS,
    },
  ];
}
