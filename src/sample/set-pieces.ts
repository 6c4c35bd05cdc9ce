/** Fixed runs, whose ids and content are quoted by docs and tests. */
import type { JsonObject } from './definition.ts';
import type { StepOutcome, Steering } from './plan.ts';

export interface SetPiece {
  readonly workflowId: string;
  readonly runId: string;
  /** Days before the sample was opened. */
  readonly daysBefore: number;
  /** Time of day in UTC. */
  readonly timeOfDay: string;
  /** Default: the workflow's example inputs. */
  readonly inputs?: JsonObject;
  readonly steering: Steering;
  /** An undocumented status of the run. */
  readonly statusWord?: string;
}

const outcomes =
  (byNodeId: Readonly<Record<string, StepOutcome>>): NonNullable<Steering['outcomeOf']> =>
  (node) =>
    byNodeId[node.id] ?? 'success';

const TICKET: JsonObject = {
  ticket_id: 'T-4711',
  customer: 'Northwind Traders',
  subject: 'Checkout is down',
  message: 'Since 10:05 no customer of ours can pay: the button spins, then says "Something went wrong". Please hurry.',
};

export const SET_PIECES: readonly SetPiece[] = [
  {
    // A retry that succeeded, a parallel node that failed for good, and a last node that didn't run.
    workflowId: 'support-triage',
    runId: 'run-4711',
    daysBefore: 2,
    timeOfDay: '09:14:03.271',
    inputs: TICKET,
    steering: { outcomeOf: outcomes({ classify: 'retry', draft_reply: 'failure' }) },
  },
  {
    // The same ticket after the fix, to compare with the first run.
    workflowId: 'support-triage',
    runId: 'run-4712',
    daysBefore: 2,
    timeOfDay: '09:31:40.064',
    inputs: TICKET,
    steering: { outcomeOf: outcomes({}) },
  },
  {
    // Cancelled in the middle of a search.
    workflowId: 'research-agent',
    runId: 'run-1042',
    daysBefore: 6,
    timeOfDay: '16:20:11.583',
    steering: { outcomeOf: outcomes({}), cancelAfterMs: 3_700 },
  },
  {
    workflowId: 'document-ingest',
    runId: 'run-2090',
    daysBefore: 10,
    timeOfDay: '06:02:54.917',
    steering: { outcomeOf: outcomes({ embed: 'retry' }) },
    statusWord: 'archived',
  },
];
