/** The workflows of this key by name. */
import { useCallback, useMemo, useState } from 'react';
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

/** Until they are known: without them nothing is live. */
const ASK_EVERY_MS = 10_000;

export interface NamedWorkflow {
  readonly id: string;
  readonly name: string;
}

export interface Directory {
  /** The first hundred: lists over several workflows take no more. Null until they are known. */
  readonly workflows: readonly NamedWorkflow[] | null;
  readonly totalCount: number;
  /** Those to be named in a list that takes no more. Null: it may have all. */
  readonly namedIds: readonly string[] | null;
  readonly error: Error | undefined;
  readonly refetch: () => void;
  readonly nameOf: (workflowId: string) => string;
}

export function useDirectory(): Directory {
  const [isKnown, setIsKnown] = useState(false);
  const { data, error, refetch } = useQuery(DIRECTORY, {
    pollInterval: isKnown ? 0 : ASK_EVERY_MS,
    skipPollAttempt: () => document.hidden,
  });
  const nodes = data?.workflows?.nodes;
  if ((nodes !== undefined) !== isKnown) setIsKnown(nodes !== undefined);
  const workflows = useMemo(() => nodes?.map(({ id, name }) => ({ id, name: name ?? id })) ?? null, [nodes]);
  const names = useMemo(() => new Map(workflows?.map(({ id, name }) => [id, name])), [workflows]);
  const totalCount = data?.workflows?.totalCount ?? 0;
  return {
    workflows,
    totalCount,
    namedIds: workflows && totalCount > workflows.length ? workflows.map(({ id }) => id) : null,
    error,
    refetch: () => void refetch(),
    nameOf: useCallback((workflowId) => names.get(workflowId) ?? workflowId, [names]),
  };
}
