/** Events of a subscription, each executed when its subscriber is ready for it. */
import type { Observer } from '../../observability/observer.ts';
import type { ErrorFormatting } from '../operations/error-formatting.ts';
import { SubscriptionError, type LiveEvents, type SourceEvent } from './live-events.ts';
import type { SubscriberRightOf } from './subscriber-rights.ts';
import { readersOf, type SharedEvents, type Subscription } from './shared-events.ts';

export interface SubscriptionsOptions {
  readonly sharedEvents: SharedEvents;
  readonly rightOf: SubscriberRightOf;
  readonly errors: ErrorFormatting;
  readonly observer: Pick<Observer, 'subscribed' | 'end'>;
}

/** The client's signal ends the events. Read them at least once, since their end is reported only then. */
export type EventsOf = (changes: AsyncIterable<SourceEvent, undefined>, subscription: Subscription) => LiveEvents;

export const createSubscriptions = ({ sharedEvents, rightOf, errors, observer }: SubscriptionsOptions): EventsOf =>
  async function* (changes, subscription) {
    const { request, record } = subscription;
    const { client } = request;
    const signal = client.signal();
    const readers = readersOf(subscription);
    const right = rightOf(request);
    let release = (): void => undefined;
    observer.subscribed(record);
    try {
      for await (const change of changes) {
        const { event, size } = await sharedEvents.eventOf(change, readers, subscription);
        // An event may be late if too many bytes are reserved for slow clients, but its subscription continues.
        release = await client.holdWhenFree(size);
        await right.check();
        if (signal.aborted) break;
        change.sent?.(event);
        record.events += 1;
        yield event;
        release();
        // Without data, no later event can have any.
        if (event.data == null) break;
      }
      if (right.problem !== null) throw right.problem;
    } catch (error) {
      throw new SubscriptionError(errors.format([error], record));
    } finally {
      release();
      right.close();
      observer.end(record);
    }
    return undefined;
  };
