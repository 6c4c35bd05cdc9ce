/** A trend as far as it is answered: it stays while another is asked for, and next to the error of a part of it. */
import type { ReactNode } from 'react';
import type { Answer } from '../live/answer.ts';
import { Failure, Loading } from '../shell/notices.tsx';

export interface AnsweredTrendProps<Trend> {
  readonly answer: Answer<Trend>;
  readonly children: (trend: Trend) => ReactNode;
}

export function AnsweredTrend<Trend>({ answer: { value, error, retry }, children }: AnsweredTrendProps<Trend>) {
  return (
    <>
      {error && <Failure error={error} what="trend" isPartial={value != null} onRetry={retry} />}
      {value == null && !error && <Loading what="the trend" />}
      {value != null && children(value)}
    </>
  );
}
