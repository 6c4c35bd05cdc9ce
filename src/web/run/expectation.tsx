/** How long a run usually takes, next to its duration. */
import { useMemo } from 'react';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { graphql } from '../__generated__/gql.ts';
import { formatDuration } from '../format/duration.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import type { RunVariables } from './live-run.ts';

const RUN_EXPECTATION = graphql(`
  fragment RunExpectation on Run {
    expectation {
      p50Ms
      overdueByMs
    }
  }
`);

const NODE_EXPECTATIONS = graphql(`
  query NodeExpectations($workflowId: ID!, $id: ID!) {
    run(workflowId: $workflowId, id: $id) {
      id
      workflowId
      expectation {
        nodes {
          nodeId
          p50Ms
          p95Ms
        }
      }
    }
  }
`);

type MaskedRun = FragmentType<typeof RUN_EXPECTATION> | null | undefined;

/** Whether it takes, or took, longer than 95% of the runs before it. */
export const isOverdue = (run: MaskedRun): boolean =>
  (readFragment(RUN_EXPECTATION, run)?.expectation?.overdueByMs ?? 0) > 0;

export interface UsualDurationProps {
  readonly run: MaskedRun;
  /** Whether to say that the run is late. The notice of an overdue run already does. */
  readonly isFinished: boolean;
}

export function UsualDuration({ run, isFinished }: UsualDurationProps) {
  const { expectation } = readFragment(RUN_EXPECTATION, run) ?? {};
  if (!expectation) return null;
  const isLate = isOverdue(run);
  return (
    <span className={isLate ? 'fact-part amber' : 'fact-part'}>
      usually {formatDuration(expectation.p50Ms)}
      {isLate && isFinished && `: ${formatDuration(expectation.overdueByMs)} longer than 95% of runs`}
    </span>
  );
}

interface UsualNode {
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export type UsualNodes = ReadonlyMap<string, UsualNode>;

/** By node id; empty until known. */
export function useUsualNodes(variables: RunVariables | null): UsualNodes {
  const { value } = useGatewayQuery(NODE_EXPECTATIONS, {
    variables,
    read: (data) => data.run?.expectation?.nodes,
    fetchPolicy: 'cache-first',
  });
  return useMemo(() => new Map(value?.map(({ nodeId, ...usual }) => [nodeId, usual])), [value]);
}
