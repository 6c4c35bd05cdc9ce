/** Drops a response about a run that is older than the run's latest event, and sends the query again. */
import { ApolloLink } from '@apollo/client';
import { mergeMap, of, type Observable } from 'rxjs';

/** Fields that responses and events have in common. */
interface Aged {
  readonly workflowId: string;
  readonly id: string;
  readonly freshness?: { readonly fetchedAt: string };
}

interface Aging {
  readonly run?: Aged;
  readonly runUpdated?: { readonly run: Aged };
}

/** Limit on retries: gateways of a fleet may have snapshots of different ages. */
const MOST_TIMES_AGAIN = 2;

export function createNewestAnswers(): ApolloLink {
  // The page watches one run at a time.
  let lastEvent: Aged | null = null;
  return new ApolloLink((operation, forward) => {
    const ask = (timesLeft: number): Observable<ApolloLink.Result> =>
      forward(operation).pipe(
        mergeMap((result) => {
          const { run, runUpdated } = (result.data ?? {}) as Aging;
          if (runUpdated) lastEvent = runUpdated.run;
          return timesLeft > 0 && run && lastEvent && isOlder(run, lastEvent) ? ask(timesLeft - 1) : of(result);
        }),
      );
    return ask(MOST_TIMES_AGAIN);
  });
}

/** Whether the response is older than the event. False for different runs. */
export const isOlder = (answer: Aged, event: Aged): boolean =>
  answer.workflowId === event.workflowId &&
  answer.id === event.id &&
  Date.parse(answer.freshness?.fetchedAt ?? '') < Date.parse(event.freshness?.fetchedAt ?? '');
