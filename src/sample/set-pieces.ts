/** Runs that were made to be looked at: documentation and tests quote their ids and what is in them. */
import type { JsonObject } from './definition.ts';
import type { Outcome, Steering } from './plan.ts';

export interface SetPiece {
  readonly workflowId: string;
  readonly runId: string;
  /** Before the day on which the sample was opened. */
  readonly daysBefore: number;
  /** In UTC. */
  readonly timeOfDay: string;
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

export const SET_PIECES: readonly SetPiece[] = [
  {
    // A retry that succeeded, a node next to it that failed for good, and a last node that never ran.
    workflowId: 'support-triage',
    runId: 'run-4711',
    daysBefore: 2,
    timeOfDay: '09:14:03.271',
    inputs: TICKET,
    steering: { outcomeOf: outcomes({ classify: 'retry', draft_reply: 'failure' }) },
  },
  {
    // The same ticket once more, after the mend: to be compared with the first.
    workflowId: 'support-triage',
    runId: 'run-4712',
    daysBefore: 2,
    timeOfDay: '09:31:40.064',
    inputs: TICKET,
    steering: { outcomeOf: outcomes({}) },
  },
  {
    // Somebody cancelled it in the middle of a search.
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
