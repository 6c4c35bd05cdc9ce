/** Finds runs by id. The id doesn't name a workflow, so the search covers every workflow, one page of them at a time. */
import { useState } from 'react';
import type { GraphQLFormattedError } from 'graphql';
import { graphql } from '../__generated__/gql.ts';
import { readFragment } from '../__generated__/fragment-masking.ts';
import type { FoundRunFragment } from '../__generated__/graphql.ts';
import { useGatewayQuery } from '../hooks/gateway-query.ts';
import { errorsThat } from '../live/errors.ts';

/** What the results show of a run. */
export const FOUND_RUN = graphql(`
  fragment FoundRun on Run {
    id
    workflowId
    status
    startedAt
    error
  }
`);

const FIND_RUN = graphql(`
  query FindRun($id: ID!, $after: String) {
    workflows(first: 50, after: $after) {
      nodes {
        id
        name
        run(id: $id) {
          ...FoundRun
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export type FoundRun = FoundRunFragment;

export interface FoundRuns {
  readonly runs: readonly FoundRun[];
  readonly isSearching: boolean;
  /** Error of the workflows that could not be searched. */
  readonly error: Error | undefined;
}

interface Place {
  readonly id: string | null;
  /** `null` for the first page. */
  readonly after: string | null;
  /** Error of the previous pages. */
  readonly error: Error | undefined;
}

/** `null` searches nothing. The search stops at the first page with a run. */
export function useFoundRuns(id: string | null): FoundRuns {
  const [latest, setPlace] = useState<Place>(() => beginningOf(id));
  const place = latest.id === id ? latest : beginningOf(id);
  // A repeated search for the same id starts again.
  if (place !== latest) setPlace(place);
  const {
    value: page,
    error: ofPage,
    isLoading,
  } = useGatewayQuery(FIND_RUN, {
    variables: id === null ? null : { id, after: place.after },
    read: (data) => data.workflows,
    fetchPolicy: 'no-cache',
  });
  const runs = page?.nodes.flatMap(({ run }) => readFragment(FOUND_RUN, run) ?? []) ?? [];
  const error = place.error ?? errorsThat(ofPage, isOfSearch);
  const next = !isLoading && runs.length === 0 && page?.pageInfo.hasNextPage === true ? page.pageInfo.endCursor : null;
  if (next !== null) setPlace({ id, after: next, error });
  return { runs, isSearching: isLoading || next !== null, error };
}

const beginningOf = (id: string | null): Place => ({ id, after: null, error: undefined });

/** A workflow without such a run is a valid result, not an error. */
const isOfSearch = ({ extensions }: GraphQLFormattedError): boolean => extensions?.code !== 'NOT_FOUND';
