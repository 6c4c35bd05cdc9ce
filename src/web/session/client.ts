/** The Apollo client of one key. */
import {
  ApolloClient,
  ApolloLink,
  HttpLink,
  InMemoryCache,
  type FieldReadFunction,
  type Reference,
} from '@apollo/client';
import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import { ErrorLink } from '@apollo/client/link/error';
import { OperationTypeNode, type FormattedExecutionResult } from 'graphql';
import type { LiveConnection } from '../live/connection.ts';
import { lazyLink } from '../live/lazy-link.ts';
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

/** True without data, unless the error is retryable, and for a run that is null, or final without errors. Lists have no last event. */
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
