/** The workflows of this key by name. */
import { useCallback, useMemo } from 'react';
import { useQuery } from '@apollo/client/react';
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
  /** The first hundred: lists over several workflows take no more. Null until they are known. */
  readonly workflows: readonly NamedWorkflow[] | null;
  readonly totalCount: number;
  readonly error: Error | undefined;
  readonly refetch: () => void;
  readonly nameOf: (workflowId: string) => string;
}

export function useDirectory(): Directory {
  const { data, error, refetch } = useQuery(DIRECTORY);
  const nodes = data?.workflows?.nodes;
  const workflows = useMemo(() => nodes?.map(({ id, name }) => ({ id, name: name ?? id })) ?? null, [nodes]);
  const names = useMemo(() => new Map(workflows?.map(({ id, name }) => [id, name])), [workflows]);
  return {
    workflows,
    totalCount: data?.workflows?.totalCount ?? 0,
    error,
    refetch: () => void refetch(),
    nameOf: useCallback((workflowId) => names.get(workflowId) ?? workflowId, [names]),
  };
}
