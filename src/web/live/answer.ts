/** What the gateway answers to a query: kept while the query is asked again, and asked again by itself until it is whole. */
import { useEffect, useRef, useState } from 'react';
import type { OperationVariables, TypedDocumentNode } from '@apollo/client';
import { skipToken, useApolloClient, useQuery } from '@apollo/client/react';
import { isRetryable } from './retryable.ts';

export interface Question<Data, Variables, Value> {
  /** Null: nothing is asked. */
  readonly variables: Variables | null;
  /** The part of the answer that is wanted. */
  readonly read: (data: Data) => Value | null | undefined;
  /** False while a part could not be loaded. */
  readonly isWhole?: (value: Value) => boolean;
  /** A whole answer is asked for again so often: 0 is never. */
  readonly everyMs?: number | ((value: Value) => number);
  /** Of what the answer is about: it is asked for again when this changes. */
  readonly version?: string;
  /** `no-cache`: it is large, or an event of the run would take its error away. */
  readonly fetchPolicy?: 'cache-first' | 'cache-and-network' | 'no-cache';
  /** True: the answer to the variables before is shown until there is one to these. */
  readonly keepsPrevious?: boolean;
  /** More is not loaded: the error is then a `TooLargeAnswer`. */
  readonly maxBytes?: number | undefined;
}

export interface Answer<Value> {
  readonly value: Value | null | undefined;
  /** Of the latest answer, also when an event has changed the cached value since. */
  readonly error: Error | undefined;
  /** True until there is something to show. */
  readonly isLoading: boolean;
  readonly retry: () => void;
  /** Asks again while events go on changing what is cached: a `retry` would put them off until it is answered. */
  readonly refresh: () => void;
}

interface Kept<Value> {
  readonly key: string | null;
  /** The variables that `value` answers. */
  readonly valueKey: string | null;
  readonly value: Value | null | undefined;
  readonly error: Error | undefined;
  readonly isAsking: boolean;
}

/** What is missing may be there in a moment. */
const ASK_AGAIN_MS = 10_000;

const skipPollAttempt = () => document.hidden;

export function useAnswer<Data, Variables extends OperationVariables, Value>(
  query: TypedDocumentNode<Data, Variables>,
  question: Question<Data, Variables, Value>,
): Answer<Value> {
  const { variables, read, fetchPolicy = 'cache-and-network', version = '', maxBytes } = question;
  const client = useApolloClient();
  const options: useQuery.Options<Data> = {
    variables: variables ?? {},
    fetchPolicy,
    // An option that changes must not ask again.
    ...(fetchPolicy === 'no-cache' ? {} : { nextFetchPolicy: 'cache-first' }),
    skipPollAttempt,
    // An answer that is late must not stand for the one that is asked for after it.
    context: { fetchOptions: { maxBytes }, queryDeduplication: false },
  };
  // Apollo's own types can't be resolved for variables that are not known here.
  const result = useQuery(query as TypedDocumentNode<Data>, variables ? options : skipToken);
  const { error, loading, refetch, startPolling, stopPolling } = result;
  const data = result.dataState === 'complete' ? result.data : undefined;
  const key = variables && JSON.stringify(variables);
  const [kept, setKept] = useState<Kept<Value>>(NOTHING);
  const latest = key === null ? NOTHING : keptOf(kept, key, { data, error, loading }, question);
  if (!isSame(kept, latest)) setKept(latest);

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
    // An answer without the value takes nothing of it away.
    if (answer.data !== undefined && read(answer.data) != null)
      client.cache.writeQuery({ query, variables, data: answer.data });
    setKept((before) => (before.key === key ? { ...before, error: answer.error } : before));
  }

  return {
    value: latest.value,
    error: latest.error,
    isLoading: latest.isAsking && latest.value == null,
    retry: () => void refetch(),
    refresh: () => void refresh(),
  };
}

const NOTHING = { key: null, valueKey: null, value: undefined, error: undefined, isAsking: false };

interface State<Data> {
  readonly data: Data | undefined;
  readonly error: Error | undefined;
  readonly loading: boolean;
}

function keptOf<Data, Variables, Value>(
  before: Kept<Value>,
  key: string,
  { data, error, loading }: State<Data>,
  { read, keepsPrevious = false }: Question<Data, Variables, Value>,
): Kept<Value> {
  const answered = data === undefined ? undefined : read(data);
  // Without an error of its own, a state that no answer has brought is the cache's, which an event has changed.
  const isOfCache = before.key === key && (loading || !before.isAsking);
  const problem = error ?? (isOfCache ? before.error : undefined);
  // Another query that could not load the run has put a null into the cache.
  const isMissing = answered == null && (loading || isOfCache || (problem !== undefined && isRetryable(problem)));
  const isKept = isMissing && (before.valueKey === key || (keepsPrevious && loading));
  return {
    key,
    valueKey: isKept ? before.valueKey : key,
    value: isKept ? before.value : answered,
    error: problem,
    isAsking: loading,
  };
}

function isSame<Value>(one: Kept<Value>, other: Kept<Value>): boolean {
  return (['key', 'valueKey', 'value', 'error', 'isAsking'] as const).every((name) => one[name] === other[name]);
}

/** Milliseconds; 0 for never. */
function pauseAfter<Data, Variables, Value>(
  { value, error }: Kept<Value>,
  { isWhole = () => true, everyMs = 0 }: Question<Data, Variables, Value>,
): number {
  const pause = typeof everyMs === 'number' ? everyMs : value == null ? 0 : everyMs(value);
  const isLacking = (value != null && !isWhole(value)) || (error !== undefined && isRetryable(error));
  return isLacking && pause === 0 ? ASK_AGAIN_MS : pause;
}
