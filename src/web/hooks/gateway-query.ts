/** Result of a query. It is kept during a refetch, an incomplete one is refetched automatically, and its outage is reported. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { OperationVariables, TypedDocumentNode } from '@apollo/client';
import { skipToken, useApolloClient, useQuery } from '@apollo/client/react';
import { staleSince, useReportedOutage } from '../live/outages.ts';
import { isRetryable, outageOf } from '../live/errors.ts';

export interface GatewayQueryOptions<Data, Variables, Value> {
  /** `null` sends no query. */
  readonly variables: Variables | null;
  /** Returns the relevant part of the result. */
  readonly read: (data: Data) => Value | null | undefined;
  /** Whether all parts could be loaded. */
  readonly isComplete?: (value: Value) => boolean;
  /** Poll interval. With 0, only an incomplete result is refetched. */
  readonly pollInterval?: number | ((value: Value) => number);
  /** Version of the subject. A new version triggers a refetch. */
  readonly version?: string;
  /** `no-cache` is for large answers, and for errors that an event of the run would remove. */
  readonly fetchPolicy?: 'cache-first' | 'cache-and-network' | 'no-cache';
  /** Whether to show the result for the previous variables until the new one arrives. */
  readonly keepsPrevious?: boolean;
  /** A larger response is aborted: its error is a `TooLargeAnswer`. */
  readonly maxBytes?: number | undefined;
}

export interface GatewayQueryResult<Value> {
  readonly value: Value | null | undefined;
  /** Whether `value` belongs to the previous variables. */
  readonly isPrevious: boolean;
  /** Error of the latest result. It remains when an event changes the cached value. */
  readonly error: Error | undefined;
  /** Whether a query is in flight and there is no value to show. */
  readonly isLoading: boolean;
  /** Number of results so far, including equal ones. */
  readonly answers: number;
  readonly refetch: () => void;
  /** Refetches while events keep changing the cache. `refetch` would delay those events until its response arrives. */
  readonly refresh: () => void;
}

interface Kept<Value> {
  readonly key: string | null;
  /** Key of the variables that `value` belongs to. */
  readonly valueKey: string | null;
  readonly value: Value | null | undefined;
  readonly error: Error | undefined;
  readonly isAsking: boolean;
  readonly answers: number;
}

/** Options for statistics. No event reports their changes, so they are polled. */
export const REFRESHED = {
  // The variables change every minute, so cached results would only accumulate.
  fetchPolicy: 'no-cache',
  pollInterval: 30_000,
  keepsPrevious: true,
} as const;

/** A missing part may be available a moment later. */
const ASK_AGAIN_MS = 10_000;

const skipPollAttempt = () => document.hidden;

export function useGatewayQuery<Data, Variables extends OperationVariables, Value>(
  query: TypedDocumentNode<Data, Variables>,
  question: GatewayQueryOptions<Data, Variables, Value>,
): GatewayQueryResult<Value> {
  const { variables, read, fetchPolicy = 'cache-and-network', version = '', maxBytes } = question;
  const client = useApolloClient();
  const options: useQuery.Options<Data> = {
    variables: variables ?? {},
    fetchPolicy,
    // A changed option must not send the query again.
    ...(fetchPolicy === 'no-cache' ? {} : { nextFetchPolicy: 'cache-first' }),
    skipPollAttempt,
    // A query in flight must not replace the result of a newer one.
    context: { fetchOptions: { maxBytes }, queryDeduplication: false },
  };
  // Apollo's types do not resolve for generic variables.
  const result = useQuery(query as TypedDocumentNode<Data>, variables ? options : skipToken);
  const { error, loading, refetch, startPolling, stopPolling } = result;
  const data = result.dataState === 'complete' ? result.data : undefined;
  const key = variables && JSON.stringify(variables);
  const [kept, setKept] = useState<Kept<Value>>(NOTHING);
  const latest = key === null ? NOTHING : keptOf(kept, key, { data, error, loading }, question);
  if (!isSame(kept, latest)) setKept(latest);

  const stale = useMemo(() => staleSince(Object.values(data ?? {})), [data]);
  const outage = outageOf(latest.error) ?? (stale === null ? null : 'upstream');
  useReportedOutage(outage, outage === 'upstream' ? stale : null);

  const pollMs = key === null ? 0 : pauseAfter(latest, question);
  useEffect(() => {
    if (pollMs === 0) return undefined;
    startPolling(pollMs);
    return stopPolling;
  }, [pollMs, startPolling, stopPolling]);

  const asked = useRef({ key, version });
  useEffect(() => {
    const last = asked.current;
    asked.current = { key, version };
    if (key !== null && key === last.key && version !== last.version) void refetch();
  }, [key, version, refetch]);

  async function refresh(): Promise<void> {
    if (!variables) return;
    const answer = await client.query({ query, variables, fetchPolicy: 'no-cache' });
    // A result without the value must not clear the cached one.
    if (answer.data !== undefined && read(answer.data) != null)
      client.cache.writeQuery({ query, variables, data: answer.data });
    setKept((before) => (before.key === key ? { ...before, error: answer.error } : before));
  }

  return {
    value: latest.value,
    isPrevious: latest.valueKey !== latest.key,
    error: latest.error,
    isLoading: latest.isAsking && latest.value == null,
    answers: latest.answers,
    refetch: () => void refetch(),
    refresh: () => void refresh(),
  };
}

const NOTHING = { key: null, valueKey: null, value: undefined, error: undefined, isAsking: false, answers: 0 };

interface State<Data> {
  readonly data: Data | undefined;
  readonly error: Error | undefined;
  readonly loading: boolean;
}

function keptOf<Data, Variables, Value>(
  before: Kept<Value>,
  key: string,
  { data, error, loading }: State<Data>,
  { read, keepsPrevious = false }: GatewayQueryOptions<Data, Variables, Value>,
): Kept<Value> {
  const answered = data === undefined ? undefined : read(data);
  // A state without an error and without a new result comes from the cache, which an event changed.
  const isOfCache = before.key === key && (loading || !before.isAsking);
  const problem = error ?? (isOfCache ? before.error : undefined);
  // Another query that could not load the run may have written null to the cache.
  const isMissing = answered == null && (loading || isOfCache || (problem !== undefined && isRetryable(problem)));
  const isKept = isMissing && (before.valueKey === key || (keepsPrevious && loading));
  return {
    key,
    valueKey: isKept ? before.valueKey : key,
    value: isKept ? before.value : answered,
    error: problem,
    isAsking: loading,
    answers: before.answers + (loading || isOfCache ? 0 : 1),
  };
}

function isSame<Value>(one: Kept<Value>, other: Kept<Value>): boolean {
  return (['key', 'valueKey', 'value', 'error', 'isAsking', 'answers'] as const).every(
    (name) => one[name] === other[name],
  );
}

/** Milliseconds; 0 for never. */
function pauseAfter<Data, Variables, Value>(
  { value, error }: Kept<Value>,
  { isComplete = () => true, pollInterval = 0 }: GatewayQueryOptions<Data, Variables, Value>,
): number {
  const pause = typeof pollInterval === 'number' ? pollInterval : value == null ? 0 : pollInterval(value);
  const isLacking = (value != null && !isComplete(value)) || (error !== undefined && isRetryable(error));
  return isLacking && pause === 0 ? ASK_AGAIN_MS : pause;
}
