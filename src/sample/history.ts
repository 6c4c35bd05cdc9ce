/** Runs of an organization that weren't started through the API: two weeks of them, and new ones as time passes. */
import type { Era, WorkflowDefinition } from './definition.ts';
import { startRun, type Run, type RunRequest, type StartedRun } from './engine.ts';
import { incidentRuns, incidentStarts } from './incident.ts';
import { planRun, type Steering } from './plan.ts';
import { createRandom } from './random.ts';
import { createVirtualScheduler } from './scheduler.ts';
import { SET_PIECES, type SetPiece } from './set-pieces.ts';
import { WORKFLOWS, type OrganizationId } from './workflows.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const HISTORY_DAYS = 14;
/** When the model prompts changed, in days before the sample was opened. */
const CHANGE_DAYS = 3;

/** Number of random runs in two weeks. */
const DRAWN_RUNS: Readonly<Record<string, number>> = {
  'support-triage': 12,
  'invoice-extraction': 12,
  'nightly-report': HISTORY_DAYS,
  'research-agent': 8,
  'document-ingest': 8,
  'quick-answer': 4,
  'contract-review': 5,
};

export interface HistoricRun extends Pick<StartedRun, 'cancel' | 'resume'> {
  /** Its state is that of the latest request for the history. */
  readonly run: Run;
  readonly startMs: number;
  /** Whether it stays in the list at any age. */
  readonly isSetPiece: boolean;
  advanceTo(nowMs: number): void;
}

export interface History {
  /** By id. Time must not go back between calls. */
  runsAt(nowMs: number): ReadonlyMap<string, HistoricRun>;
}

/** Days begin at midnight UTC. Samples opened on the same day have the same history. */
export function createHistory(
  organizationId: OrganizationId,
  seed: number,
  openedMs: number,
  hasIncident: boolean,
): History {
  const openedDayMs = startOfDay(openedMs);
  const workflows = WORKFLOWS[organizationId];
  const nextIndexes = new Map(workflows.map((workflow) => [workflow, 0]));
  const runs = new Map<string, HistoricRun>();

  for (const piece of SET_PIECES) {
    const workflow = workflows.find(({ id }) => id === piece.workflowId);
    if (workflow) runs.set(piece.runId, playSetPiece(workflow, piece, seed, openedDayMs));
  }

  for (const { workflowId, startMs, era, steering, inputs: own } of hasIncident ? incidentRuns(seed, openedMs) : []) {
    const workflow = workflows.find(({ id }) => id === workflowId);
    if (!workflow) continue;
    const random = createRandom(seed, workflowId, 'incident', startMs);
    const [runId, inputs] = [random.uuid(), { ...workflow.exampleInputs(random), ...own }];
    const historic = play({ workflow, runId, startMs, inputs, seed, steering, era });
    runs.set(runId, { ...historic, isSetPiece: false });
  }

  const incidents = hasIncident ? incidentStarts(openedMs) : new Map<string, number>();
  const isInIncident = (workflowId: string, startMs: number): boolean =>
    startMs >= (incidents.get(workflowId) ?? Infinity) && startMs <= openedMs;

  function addRunsUntil(nowMs: number, oldestMs: number): void {
    for (const [workflow, nextIndex] of nextIndexes) {
      let index = nextIndex;
      let drawn = drawRun(workflow, index, seed, openedDayMs);
      while (drawn.startMs <= nowMs) {
        if (drawn.startMs >= oldestMs && !isInIncident(workflow.id, drawn.startMs)) {
          const historic = drawn.play();
          runs.set(historic.run.id, historic);
        }
        index += 1;
        drawn = drawRun(workflow, index, seed, openedDayMs);
      }
      nextIndexes.set(workflow, index);
    }
  }

  return {
    runsAt(nowMs) {
      const oldestMs = startOfDay(nowMs) - HISTORY_DAYS * DAY_MS;
      addRunsUntil(nowMs, oldestMs);
      for (const [runId, historic] of runs) {
        if (historic.startMs < oldestMs && !historic.isSetPiece) runs.delete(runId);
        else historic.advanceTo(nowMs);
      }
      return runs;
    },
  };
}

const startOfDay = (ms: number): number => ms - (ms % DAY_MS);

interface DrawnRun {
  readonly startMs: number;
  play(): HistoricRun;
}

/** `index` counts a workflow's runs from two weeks before the sample was opened. */
function drawRun(workflow: WorkflowDefinition, index: number, seed: number, openedDayMs: number): DrawnRun {
  const random = createRandom(seed, workflow.id, index);
  const isNightly = workflow.id === 'nightly-report';
  const runsPerDay = (DRAWN_RUNS[workflow.id] ?? 1) / HISTORY_DAYS;
  const offsetMs = isNightly
    ? index * DAY_MS + 2 * HOUR_MS + random.between(0, 4000)
    : ((index + random.between(0.05, 0.95)) / runsPerDay) * DAY_MS;
  const startMs = openedDayMs - HISTORY_DAYS * DAY_MS + offsetMs;
  // `aggregate` slows down from a third of its time to all of it, as an example for the statistics.
  const aggregateSlowness = Math.min(1, 0.35 + (0.65 * index) / HISTORY_DAYS);
  const steering: Steering = isNightly
    ? { slownessOf: (nodeId) => (nodeId === 'aggregate' ? aggregateSlowness : 1) }
    : {};
  return {
    startMs,
    play: () => {
      const runId = random.uuid();
      const inputs = workflow.exampleInputs(random);
      return {
        ...play({ workflow, runId, startMs, inputs, seed, steering, era: eraOf(startMs, openedDayMs) }),
        isSetPiece: false,
      };
    },
  };
}

function playSetPiece(workflow: WorkflowDefinition, piece: SetPiece, seed: number, openedDayMs: number): HistoricRun {
  const { runId, daysBefore, timeOfDay, steering, statusWord } = piece;
  const random = createRandom(seed, runId);
  const startMs = openedDayMs - daysBefore * DAY_MS + Date.parse(`1970-01-01T${timeOfDay}Z`) + random.next();
  const inputs = piece.inputs ?? workflow.exampleInputs(random);
  const historic = play({ workflow, runId, startMs, inputs, seed, steering, era: eraOf(startMs, openedDayMs) });
  historic.advanceTo(openedDayMs);
  if (statusWord !== undefined) historic.run.status = statusWord;
  return { ...historic, isSetPiece: true };
}

interface Play extends Pick<RunRequest, 'workflow' | 'runId' | 'inputs'> {
  readonly startMs: number;
  readonly seed: number;
  readonly steering: Steering;
  readonly era: Era;
}

const eraOf = (startMs: number, openedDayMs: number): Era =>
  startMs < openedDayMs - CHANGE_DAYS * DAY_MS ? 'earlier' : 'usual';

/** Virtual time: a run of ten seconds takes well under a millisecond. */
function play({ workflow, runId, startMs, inputs, seed, steering, era }: Play): Omit<HistoricRun, 'isSetPiece'> {
  const scheduler = createVirtualScheduler(startMs);
  const plan = planRun(workflow, inputs, `${seed}/${runId}`, steering);
  const userId = workflow.createdBy;
  const { run, cancel, resume } = startRun({ runId, workflow, plan, userId, inputs, era, scheduler, pace: 1 });
  return {
    run,
    cancel,
    resume,
    startMs,
    advanceTo: (nowMs) => {
      scheduler.advance(nowMs - scheduler.now());
    },
  };
}
