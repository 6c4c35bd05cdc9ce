/** The runs that have an id. It does not say of which workflow they are: each is asked, a page of workflows at a time. */
import { useState } from 'react';
import { skipToken, useQuery } from '@apollo/client/react';
import type { GraphQLFormattedError } from 'graphql';
import { graphql } from '../__generated__/gql.ts';
import type { FindRunQuery } from '../__generated__/graphql.ts';
import { errorsThat } from '../shell/part-errors.ts';

const FIND_RUN = graphql(`
  query FindRun($id: ID!, $after: String) {
    workflows(first: 50, after: $after) {
      nodes {
        id
        name
        run(id: $id) {
          id
          workflowId
          status
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

type FoundRun = NonNullable<NonNullable<FindRunQuery['workflows']>['nodes'][number]['run']>;

export interface FoundRuns {
  readonly runs: readonly FoundRun[];
  readonly isSearching: boolean;
  /** Why not all workflows could be asked. */
  readonly error: Error | undefined;
}

interface Place {
  readonly id: string | null;
  /** Null: the first page. */
  readonly after: string | null;
  /** Of the pages before. */
  readonly error: Error | undefined;
}

/** Null: none are wanted. Pages are asked for until one has it. */
export function useFoundRuns(id: string | null): FoundRuns {
  const [latest, setPlace] = useState<Place>(() => beginningOf(id));
  const place = latest.id === id ? latest : beginningOf(id);
  // Who searches for the same id again wants all of them asked again.
  if (place !== latest) setPlace(place);
  const {
    data,
    error: ofPage,
    loading,
  } = useQuery(FIND_RUN, id === null ? skipToken : { variables: { id, after: place.after } });
  const page = data?.workflows;
  const runs = page?.nodes.flatMap(({ run }) => run ?? []) ?? [];
  const error = place.error ?? errorsThat(ofPage, isOfSearch);
  const next = !loading && runs.length === 0 && page?.pageInfo.hasNextPage === true ? page.pageInfo.endCursor : null;
  if (next !== null) setPlace({ id, after: next, error });
  return { runs, isSearching: loading || next !== null, error };
}

const beginningOf = (id: string | null): Place => ({ id, after: null, error: undefined });

/** That a workflow has no such run is an answer. */
const isOfSearch = ({ extensions }: GraphQLFormattedError): boolean => extensions?.code !== 'NOT_FOUND';
