/** What was answered last, while the same question is under way or fails for a moment. */
import { useState } from 'react';
import { isRetryable } from './retryable.ts';

export interface Answer<Value> {
  /** What the answer is to: the latest of another question is not kept. */
  readonly question: string;
  readonly value: Value | null | undefined;
  readonly loading: boolean;
  readonly error?: Error | undefined;
}

export function useLatest<Value>({ question, value, loading, error }: Answer<Value>): Value | null | undefined {
  const [latest, setLatest] = useState({ question, value });
  const isUnknown = value == null && (loading || (error !== undefined && isRetryable(error)));
  const current = isUnknown && latest.question === question ? latest.value : value;
  if (latest.question !== question || latest.value !== current) setLatest({ question, value: current });
  return current;
}
