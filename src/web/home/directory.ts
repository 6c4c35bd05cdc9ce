/** Names of the workflows that this key may see. */
import { useCallback, useMemo } from 'react';
import { readFragment, type FragmentType } from '../__generated__/fragment-masking.ts';
import { useGatewayQuery, type GatewayQueryResult } from '../hooks/gateway-query.ts';
import { graphql } from '../__generated__/gql.ts';

const NAMED_WORKFLOWS = graphql(`
  fragment NamedWorkflows on WorkflowConnection {
    totalCount
    nodes {
      id
      name
    }
  }
`);

const DIRECTORY = graphql(`
  query Directory {
    workflows(first: 100) {
      ...NamedWorkflows
    }
  }
`);

export interface NamedWorkflow {
  readonly id: string;
  readonly name: string;
}

export interface Directory {
  /** The first hundred, which is the limit of lists over several workflows; `null` until loaded. */
  readonly workflows: readonly NamedWorkflow[] | null;
  readonly totalCount: number;
  /** Ids for a list with that limit; `null` if the list may include all workflows. */
  readonly namedIds: readonly string[] | null;
  readonly error: Error | undefined;
  readonly refetch: () => void;
  readonly nameOf: (workflowId: string) => string;
}

export function useDirectory(): Directory {
  return useDirectoryOf(useGatewayQuery(DIRECTORY, { variables: {}, read: (data) => data.workflows }));
}

type Answer = Pick<GatewayQueryResult<FragmentType<typeof NAMED_WORKFLOWS>>, 'value' | 'error' | 'refetch'>;

/** For a query with the first hundred workflows. */
export function useDirectoryOf({ value: masked, error, refetch }: Answer): Directory {
  const value = readFragment(NAMED_WORKFLOWS, masked);
  const nodes = value?.nodes;
  const workflows = useMemo(() => nodes?.map(({ id, name }) => ({ id, name: name ?? id })) ?? null, [nodes]);
  const names = useMemo(() => new Map(workflows?.map(({ id, name }) => [id, name])), [workflows]);
  const totalCount = value?.totalCount ?? 0;
  return {
    workflows,
    totalCount,
    namedIds: useMemo(
      () => (workflows && totalCount > workflows.length ? workflows.map(({ id }) => id) : null),
      [workflows, totalCount],
    ),
    error,
    refetch,
    nameOf: useCallback((workflowId) => names.get(workflowId) ?? workflowId, [names]),
  };
}
