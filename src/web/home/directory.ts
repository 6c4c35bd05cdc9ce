/** Names of the workflows that this key may see. */
import { useCallback, useMemo } from 'react';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { graphql } from '../__generated__/gql.ts';

const DIRECTORY = graphql(`
  query Directory {
    workflows(first: 100) {
      totalCount
      nodes {
        id
        name
      }
    }
  }
`);

export interface NamedWorkflow {
  readonly id: string;
  readonly name: string;
}

export interface Directory {
  /** The first hundred, which is the limit of lists over several workflows. Null until loaded. */
  readonly workflows: readonly NamedWorkflow[] | null;
  readonly totalCount: number;
  /** Ids for a list with that limit; null if the list may include all workflows. */
  readonly namedIds: readonly string[] | null;
  readonly error: Error | undefined;
  readonly refetch: () => void;
  readonly nameOf: (workflowId: string) => string;
}

export function useDirectory(): Directory {
  const { value, error, refetch } = useGatewayQuery(DIRECTORY, { variables: {}, read: (data) => data.workflows });
  const nodes = value?.nodes;
  const workflows = useMemo(() => nodes?.map(({ id, name }) => ({ id, name: name ?? id })) ?? null, [nodes]);
  const names = useMemo(() => new Map(workflows?.map(({ id, name }) => [id, name])), [workflows]);
  const totalCount = value?.totalCount ?? 0;
  return {
    workflows,
    totalCount,
    namedIds: workflows && totalCount > workflows.length ? workflows.map(({ id }) => id) : null,
    error,
    refetch,
    nameOf: useCallback((workflowId) => names.get(workflowId) ?? workflowId, [names]),
  };
}
