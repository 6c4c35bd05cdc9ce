/** Reports a subscription to the observer: its events, and its end on either side. */
import type { OperationRecord } from '../../observability/operation-record.ts';
import type { Observer } from '../../observability/observer.ts';
import { createPullIterator } from '../../runs/live/pull-iterator.ts';
import type { LiveEvents } from './live-events.ts';

export function observeEvents(
  events: LiveEvents,
  operationRecord: OperationRecord,
  { subscribed, end }: Pick<Observer, 'subscribed' | 'end'>,
): LiveEvents {
  let isOver = false;
  const over = () => {
    if (isOver) return;
    isOver = true;
    end(operationRecord);
  };

  subscribed(operationRecord);
  return createPullIterator({
    async next() {
      try {
        const result = await events.next();
        if (result.done) over();
        else operationRecord.events += 1;
        return result;
      } catch (error) {
        over();
        throw error;
      }
    },
    async end() {
      over();
      await events.return(undefined);
    },
  });
}
