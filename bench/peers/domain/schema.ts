/** The schema of all peers: the part of Stepgate's that the workloads query, and the derivation of a run for it. */
import type { WireStep } from './wire.ts';

export const typeDefs = /* GraphQL */ `
  enum StepStatus {
    PENDING
    RUNNING
    COMPLETED
    FAILED
    CANCELLED
    SKIPPED
    UNKNOWN
  }
  enum RunStatus {
    PENDING
    RUNNING
    COMPLETED
    FAILED
    CANCELLED
    UNKNOWN
  }
  type Query {
    run(workflowId: ID!, id: ID!): Run
    workflow(id: ID!): Workflow
  }
  type Workflow {
    id: ID!
    runsById(ids: [ID!]!): [Run]!
  }
  type Run {
    id: ID!
    workflowId: ID!
    status: RunStatus!
    totalElapsedTime: Int!
    steps: [Step!]!
    step(id: ID!): Step
    failedSteps: [Step!]!
  }
  type Step {
    id: ID!
    nodeId: ID!
    status: StepStatus!
    startTime: String
    endTime: String
    elapsedTime: Int
    error: String
  }
`;

type StepStatus = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'SKIPPED' | 'UNKNOWN';

export interface Step {
  readonly id: string;
  readonly nodeId: string;
  readonly status: StepStatus;
  readonly startTime: string | null;
  readonly endTime: string | null;
  readonly elapsedTime: number | null;
  readonly error: string | null;
}

export interface Run {
  readonly id: string;
  readonly workflowId: string;
  readonly status: Exclude<StepStatus, 'SKIPPED'>;
  readonly totalElapsedTime: number;
  readonly steps: readonly Step[];
  readonly failedSteps: readonly Step[];
}

const STATUS_OF_WORD: Readonly<Record<string, StepStatus>> = {
  completed: 'COMPLETED',
  failed: 'FAILED',
  running: 'RUNNING',
  pending: 'PENDING',
  cancelled: 'CANCELLED',
  skipped: 'SKIPPED',
};

/** Derives all values at once, since all are queried. Upstream times have one format, so strings compare as times. */
export function deriveRun(workflowId: string, id: string, wireSteps: readonly WireStep[]): Run {
  const steps = wireSteps.map(toStep).sort((a, b) => compare(a.startTime, b.startTime));
  return {
    id,
    workflowId,
    status: inferStatus(steps),
    totalElapsedTime: steps.reduce((sum, step) => sum + (step.elapsedTime ?? 0), 0),
    steps,
    failedSteps: steps.filter((step) => step.status === 'FAILED').sort((a, b) => compare(a.endTime, b.endTime)),
  };
}

export const isFinished = (run: Run): boolean => run.status !== 'RUNNING' && run.status !== 'UNKNOWN';

const toStep = (wire: WireStep): Step => ({
  id: wire.id,
  nodeId: wire.node_id,
  status: STATUS_OF_WORD[wire.status] ?? 'UNKNOWN',
  startTime: textOrNull(wire.start_time),
  endTime: textOrNull(wire.end_time),
  elapsedTime: wire.elapsed_time,
  error: textOrNull(wire.error),
});

/** The upstream also sends `""` for a missing value. */
const textOrNull = (text: string | null): string | null => (text === '' ? null : text);

/** Nulls, for values that are not known yet, come last. */
function compare(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return Number(a > b) - Number(a < b);
}

/** Counts the latest attempt of each node. */
function inferStatus(steps: readonly Step[]): Run['status'] {
  const statuses = new Set(new Map(steps.map((step) => [step.nodeId, step.status])).values());
  if (statuses.has('RUNNING') || statuses.has('PENDING')) return 'RUNNING';
  if (statuses.has('FAILED')) return 'FAILED';
  if (statuses.has('CANCELLED')) return 'CANCELLED';
  return statuses.size === 0 || statuses.has('UNKNOWN') ? 'UNKNOWN' : 'COMPLETED';
}
