/** Drops an answer about a run that is older than the run's last event: it was on its way when the event came. It is asked for again. */
import { ApolloLink } from '@apollo/client';
import { mergeMap, of, type Observable } from 'rxjs';

/** What each answer and each event has that can be compared. */
interface Aged {
  readonly workflowId: string;
  readonly id: string;
  readonly freshness?: { readonly fetchedAt: string };
}

/** Gateways of a fleet may have states of different age. */
const MOST_TIMES_AGAIN = 2;

export function createNewestAnswers(): ApolloLink {
  // The page watches one run at a time.
  let lastEvent: Aged | null = null;
  return new ApolloLink((operation, forward) => {
    const ask = (timesLeft: number): Observable<ApolloLink.Result> =>
      forward(operation).pipe(
        mergeMap((result) => {
          const { run, runUpdated } = (result.data ?? {}) as { readonly run?: Aged; readonly runUpdated?: Aged };
          if (runUpdated) lastEvent = runUpdated;
          return timesLeft > 0 && run && lastEvent && isOlder(run, lastEvent) ? ask(timesLeft - 1) : of(result);
        }),
      );
    return ask(MOST_TIMES_AGAIN);
  });
}

/** Both of the same run. */
export const isOlder = (answer: Aged, event: Aged): boolean =>
  answer.workflowId === event.workflowId &&
  answer.id === event.id &&
  Date.parse(answer.freshness?.fetchedAt ?? '') < Date.parse(event.freshness?.fetchedAt ?? '');
