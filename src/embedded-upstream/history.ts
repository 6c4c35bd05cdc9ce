/** Finished runs that are there at start, at fixed times and with fixed ids: documentation and tests may quote them. */
import type { JsonObject, WorkflowDefinition } from './definition.ts';
import { startRun, type Run } from './engine.ts';
import { planRun, type Outcome, type Steering } from './plan.ts';
import { createRandom } from './random.ts';
import { createVirtualScheduler } from './scheduler.ts';
import { WORKFLOWS, type OrganizationId } from './workflows.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const HISTORY_DAYS = 14;
const HISTORY_START_MS = Date.parse('2026-11-20T00:00:00Z') - HISTORY_DAYS * DAY_MS;

/** How many runs chance decides on, spread over the two weeks. */
const DRAWN_RUNS: Readonly<Record<string, number>> = {
  'support-triage': 12,
  'invoice-extraction': 12,
  'nightly-report': HISTORY_DAYS,
  'research-agent': 8,
  'document-ingest': 8,
  'quick-answer': 4,
  'contract-review': 5,
};

/** A run that was made to be looked at. */
interface SetPiece {
  readonly workflowId: string;
  readonly runId: string;
  readonly startedAt: string;
  /** The workflow's example inputs if left out. */
  readonly inputs?: JsonObject;
  readonly steering: Steering;
  /** A word for the run's status that no documentation knows. */
  readonly statusWord?: string;
}

const outcomes =
  (byNodeId: Readonly<Record<string, Outcome>>): NonNullable<Steering['outcomeOf']> =>
  (node) =>
    byNodeId[node.id] ?? 'success';

const TICKET: JsonObject = {
  ticket_id: 'T-4711',
  customer: 'Northwind Traders',
  subject: 'Checkout is down',
  message: 'Since 10:05 no customer of ours can pay: the button spins, then says "Something went wrong". Please hurry.',
};

const SET_PIECES: readonly SetPiece[] = [
  {
    // A retry that succeeded, a node beside it that failed for good, and a last node that never ran.
    workflowId: 'support-triage',
    runId: 'run-4711',
    startedAt: '2026-11-18T09:14:03.271Z',
    inputs: TICKET,
    steering: { outcomeOf: outcomes({ classify: 'retry', draft_reply: 'failure' }) },
  },
  {
    // The same ticket once more, after the mend: to be compared with the first.
    workflowId: 'support-triage',
    runId: 'run-4712',
    startedAt: '2026-11-18T09:31:40.064Z',
    inputs: TICKET,
    steering: { outcomeOf: outcomes({}) },
  },
  {
    // Somebody cancelled it in the middle of a search.
    workflowId: 'research-agent',
    runId: 'run-1042',
    startedAt: '2026-11-14T16:20:11.583Z',
    steering: { outcomeOf: outcomes({}), cancelAfterMs: 3_700 },
  },
  {
    workflowId: 'document-ingest',
    runId: 'run-2090',
    startedAt: '2026-11-10T06:02:54.917Z',
    steering: { outcomeOf: outcomes({ embed: 'retry' }) },
    statusWord: 'archived',
  },
];

/** The history of one organization: what the seed decides on, and the set pieces. */
export function seededHistory(organizationId: OrganizationId, seed: number): Run[] {
  return WORKFLOWS[organizationId].flatMap((workflow) => {
    const drawn = Array.from({ length: DRAWN_RUNS[workflow.id] ?? 0 }, (_, index) => drawnRun(workflow, index, seed));
    const setPieces = SET_PIECES.filter(({ workflowId }) => workflowId === workflow.id);
    return [...drawn, ...setPieces.map((piece) => setPieceRun(workflow, piece, seed))];
  });
}

function drawnRun(workflow: WorkflowDefinition, index: number, seed: number): Run {
  const random = createRandom(seed, workflow.id, index);
  const count = DRAWN_RUNS[workflow.id] ?? 1;
  const isNightly = workflow.id === 'nightly-report';
  const startMs = isNightly
    ? HISTORY_START_MS + index * DAY_MS + 2 * HOUR_MS + random.between(0, 4000)
    : HISTORY_START_MS + ((index + random.between(0.05, 0.95)) / count) * HISTORY_DAYS * DAY_MS;
  // From a third of today's time a fortnight ago to all of it: what to look for in the statistics.
  const aggregateSlowness = 0.35 + (0.65 * index) / HISTORY_DAYS;
  return replay(workflow, random.uuid(), startMs, workflow.exampleInputs(random), seed, {
    ...(isNightly && { slownessOf: (nodeId) => (nodeId === 'aggregate' ? aggregateSlowness : 1) }),
  });
}

function setPieceRun(workflow: WorkflowDefinition, piece: SetPiece, seed: number): Run {
  const random = createRandom(seed, piece.runId);
  const startMs = Date.parse(piece.startedAt) + random.next();
  const inputs = piece.inputs ?? workflow.exampleInputs(random);
  const run = replay(workflow, piece.runId, startMs, inputs, seed, piece.steering);
  if (piece.statusWord !== undefined) run.status = piece.statusWord;
  return run;
}

/** The engine in virtual time: a run of ten seconds takes well under a millisecond. */
function replay(
  workflow: WorkflowDefinition,
  runId: string,
  startMs: number,
  inputs: JsonObject,
  seed: number,
  steering: Steering,
): Run {
  const scheduler = createVirtualScheduler(startMs);
  const plan = planRun(workflow, inputs, `${seed}/${runId}`, steering);
  const { run } = startRun({ runId, workflow, plan, userId: workflow.createdBy, inputs, scheduler, pace: 1 });
  scheduler.runToEnd();
  return run;
}
