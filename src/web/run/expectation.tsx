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

export function UsualDuration({ run }: { readonly run: FragmentType<typeof RUN_EXPECTATION> | null | undefined }) {
  const { expectation } = readFragment(RUN_EXPECTATION, run) ?? {};
  if (!expectation) return null;
  const { p50Ms, overdueByMs } = expectation;
  const isOverdue = overdueByMs !== null && overdueByMs > 0;
  return (
    <span className={isOverdue ? 'fact-part amber' : 'fact-part'}>
      usually {formatDuration(p50Ms)}
      {isOverdue && `: ${formatDuration(overdueByMs)} longer than 95 % of runs`}
    </span>
  );
}

interface UsualNode {
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export type UsualNodes = ReadonlyMap<string, UsualNode>;

/** By node id. Empty until known. */
export function useUsualNodes(variables: RunVariables | null): UsualNodes {
  const { value } = useGatewayQuery(NODE_EXPECTATIONS, {
    variables,
    read: (data) => data.run?.expectation?.nodes,
    fetchPolicy: 'cache-first',
  });
  return useMemo(() => new Map(value?.map(({ nodeId, ...usual }) => [nodeId, usual])), [value]);
}
