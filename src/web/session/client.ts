/** The Apollo client of one key. */
import {
  ApolloClient,
  ApolloLink,
  HttpLink,
  InMemoryCache,
  type FieldReadFunction,
  type ObservableQuery,
  type Reference,
} from '@apollo/client';
import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import { ErrorLink } from '@apollo/client/link/error';
import { cacheSizes } from '@apollo/client/utilities';
import { OperationTypeNode, type FormattedExecutionResult } from 'graphql';
import { defer, from, mergeMap } from 'rxjs';
import type { LiveConnection } from '../live/connection.ts';
import { createNewestAnswers } from '../live/newest-answers.ts';
import { GRAPHQL_URL, STREAM_URL } from '../url/base-path.ts';
import { boundedFetch } from './bounded-fetch.ts';
import { keyStore } from './key-store.ts';

/** Parts of a workflow, a run or a step. The cache merges the fields that several operations load of the same part. */
const PARTS = [
  'RunTiming',
  'Timeline',
  'CriticalPath',
  'Progress',
  'RunTokenUsage',
  'TokenCounts',
  'StepCounts',
  'Freshness',
  'WorkflowStatistics',
  'WorkflowGraph',
  'Cost',
  'Expectation',
  'StepError',
  'TokenUsage',
];

/** Each event makes a new list of steps, and the default would keep ten thousand of them: gigabytes of an hour-long run. */
cacheSizes['inMemoryCache.executeSubSelectedArray'] = 200;

/** A new list or event replaces the cached one. */
const LIST = { merge: false };

export function createClient(key: string, connection: LiveConnection): ApolloClient {
  const headers: Record<string, string> = key === '' ? {} : { authorization: `Bearer ${key}` };
  const live = lazyLink(async () => {
    const { createLiveLink } = await import('../live/live-link.ts');
    return createLiveLink({ url: STREAM_URL, headers, connection, isLast });
  });
  const http = new HttpLink({ uri: GRAPHQL_URL, headers, fetch: boundedFetch });
  const refusals = new ErrorLink(({ error }) => {
    if (isRefusal(error)) keyStore.refuse(key);
  });
  return new ApolloClient({
    cache: new InMemoryCache({
      typePolicies: {
        Query: { fields: { run: { read: findRun } } },
        Workflow: { keyFields: ['id'] },
        Subscription: { fields: { runUpdated: LIST, runsUpdated: LIST } },
        Run: { keyFields: ['workflowId', 'id'], fields: { steps: LIST } },
        Step: { keyFields: ['workflowId', 'runId', 'id'] },
        WorkflowNode: { keyFields: false },
        ...Object.fromEntries(PARTS.map((part) => [part, { keyFields: false, merge: true }])),
      },
    }),
    link: ApolloLink.from([
      refusals,
      createNewestAnswers(),
      ApolloLink.split(({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION, live, http),
    ]),
    defaultOptions: {
      watchQuery: { errorPolicy: 'all', fetchPolicy: 'cache-and-network' },
      query: { errorPolicy: 'all' },
    },
  });
}

/** Uses a run from the cache that was loaded with a list. Only missing fields need a query. */
const findRun: FieldReadFunction<Reference | null> = (existing, { args, toReference }) =>
  existing === undefined ? toReference({ __typename: 'Run', ...args }) : existing;

/** Responses without data are final unless the error is retryable; so is a run that is `null`, or final without errors. Lists never are. */
function isLast({ data, errors }: FormattedExecutionResult): boolean {
  if (!data) return !errors?.some(({ extensions }) => extensions?.retryable === true);
  const update = data.runUpdated as
    { readonly run: { readonly freshness: { readonly isFinal: boolean } } } | null | undefined;
  return update !== undefined && (!update || (!errors && update.run.freshness.isFinal));
}

function isRefusal(error: unknown): boolean {
  if (CombinedGraphQLErrors.is(error)) {
    return error.errors.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED');
  }
  return ServerError.is(error) && error.statusCode === 401;
}

/** Link whose code is loaded with its first operation: a run that is over needs no events. */
function lazyLink(load: () => Promise<ApolloLink>): ApolloLink {
  let loading: Promise<ApolloLink> | null = null;
  return new ApolloLink((operation, forward) =>
    defer(() => from((loading ??= load()))).pipe(mergeMap((link) => link.request(operation, forward))),
  );
}

/** Evicts data that the page no longer shows: responses to earlier queries, and runs that arrived only with events. */
export function forgetUnshown(client: ApolloClient): void {
  const queries: Iterable<ObservableQuery> = client.getObservableQueries('active');
  const shown = [...queries]
    .filter(({ options }) => options.fetchPolicy !== 'no-cache')
    .map(({ options: { query }, variables }) => ({ query, variables, data: client.readQuery({ query, variables }) }));
  // One batch: shown data is there before and after it, so no query sees a change.
  client.cache.batch({
    update(cache) {
      // `gc()` would keep entities written by id, such as every watched run.
      for (const id of Object.keys(cache.extract() as object)) cache.evict({ id });
      for (const { query, variables, data } of shown) {
        if (data !== null) cache.writeQuery({ query, variables, data });
      }
    },
  });
}
