/** A trend as far as it is answered: it stays while another is asked for, and beside the error of a part of it. */
import type { ReactNode } from 'react';
import { Failure, Loading } from '../shell/notices.tsx';
import { shownData, type Answered } from '../shell/shown-data.ts';

interface OfWorkflow<Trend> {
  readonly workflow?: { readonly trend?: Trend | null } | null;
}

export interface AnsweredTrendProps<Trend> {
  readonly query: Answered<OfWorkflow<Trend>> & { readonly error?: Error | undefined; readonly refetch: () => unknown };
  readonly children: (trend: Trend) => ReactNode;
}

export function AnsweredTrend<Trend>({ query, children }: AnsweredTrendProps<Trend>) {
  const { error, refetch } = query;
  const trend = shownData(query)?.workflow?.trend;
  return (
    <>
      {error && <Failure error={error} what="trend" isPartial={trend != null} onRetry={() => void refetch()} />}
      {trend == null && !error && <Loading what="the trend" />}
      {trend != null && children(trend)}
    </>
  );
}
