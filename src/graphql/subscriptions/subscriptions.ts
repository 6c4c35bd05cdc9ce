/** Events of a subscription, each executed when its subscriber is ready for it. */
import type { ErrorFormatting } from '../operations/error-formatting.ts';
import type { Ticket } from '../../admission/ticket.ts';
import { documentBytes } from '../operations/documents.ts';
import { AbandonedError } from '../../upstream/errors.ts';
import { SubscriptionError, type LiveEvents, type SourceEvent } from './live-events.ts';
import type { SubscriberRightOf } from './subscriber-rights.ts';
import { readersOf, type SharedEvents, type Subscription } from './shared-events.ts';

export interface SubscriptionsOptions {
  readonly sharedEvents: SharedEvents;
  readonly rightOf: SubscriberRightOf;
  readonly errors: ErrorFormatting;
}

/** The client's signal ends the events. Read at least one, because only then is their end reported. */
export type EventsOf = (changes: AsyncIterable<SourceEvent, undefined>, subscription: Subscription) => LiveEvents;

export const createSubscriptions = ({ sharedEvents, rightOf, errors }: SubscriptionsOptions): EventsOf =>
  async function* (changes, subscription) {
    const { request, ticket: start, record } = subscription;
    const { client, admitEvent } = request;
    const signal = client.signal();
    const isGone = () => signal.aborted;
    const readers = readersOf(subscription);
    const right = rightOf(request);
    let ticket: Ticket | null = null;
    record.subscribed();
    try {
      for await (const change of changes) {
        const { event, size } = await sharedEvents.eventOf(change, readers, subscription);
        ticket = await admitEvent(size, isGone);
        // Small events share the turn in which they were executed: 4,000 turns delayed each by 200 ms.
        const turn = ticket.turnToWrite(size);
        if (turn) await turn;
        await right.check();
        if (signal.aborted) break;
        change.sent?.(event);
        record.events += 1;
        yield event;
        ticket.end();
        if (record.events === 1) start.keepOnly(documentBytes(subscription.document));
        // Without data, no later event can have any.
        if (event.data == null) break;
      }
      if (right.problem !== null) throw right.problem;
    } catch (error) {
      if (error instanceof AbandonedError && right.problem === null) return undefined;
      throw new SubscriptionError(errors.format([right.problem ?? error], record));
    } finally {
      ticket?.end();
      start.end();
      right.close();
      record.end();
    }
    return undefined;
  };
