/** Server-sent events in graphql-sse's distinct connections mode: one operation for each response. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { requestError } from '../../graphql/operations/error-formatting.ts';
import type { Outcome } from '../../graphql/operations/answer.ts';
import { SubscriptionError, type LiveEvent, type LiveEvents } from '../../graphql/subscriptions/live-events.ts';
import { CLIENT_GONE, eventsUntil, onClosed } from '../connection/client-signal.ts';
import { PIECE_BYTES, type LiveConnections } from './live-connections.ts';

export interface EventStreams {
  /**
   * Resolves when the stream is over. Calls `run` when the stream is open, so not for a client that has disconnected. `takeHeaders` is called
   * where a stream is opened; its result must include EVENT_STREAM_HEADERS. Rejects with HTTP 503 while the gateway stops.
   */
  send(response: ServerResponse, takeHeaders: () => OutgoingHttpHeaders, run: () => Promise<Outcome>): Promise<void>;
}

export interface EventStreamsOptions {
  readonly liveConnections: LiveConnections;
  readonly isReady: () => boolean;
}

export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Tells nginx not to buffer events.
  'x-accel-buffering': 'no',
};

const COMMENT = ':\n\n';
/** EventSource ignores an event without a data line. */
const COMPLETE = 'event: complete\ndata:\n\n';

export const createEventStreams = ({ liveConnections, isReady }: EventStreamsOptions): EventStreams => ({
  async send(response, takeHeaders, run) {
    if (!isReady()) throw requestError('BAD_REQUEST', 'The gateway is stopping.', 503);
    const headers = takeHeaders();
    // The client may have disconnected while it was authenticated.
    if (response.closed) return;
    const stream = openStream(response, headers, liveConnections);
    try {
      const outcome = await run();
      if (outcome.kind === 'answer') await stream.write(outcome.result);
      else for await (const event of stream.subscribe(outcome.events)) await stream.write(event);
    } catch (error) {
      if (!(error instanceof SubscriptionError)) throw error;
      await stream.write({ errors: error.errors });
    } finally {
      response.end(COMPLETE);
    }
  },
});

function openStream(response: ServerResponse, headers: OutgoingHttpHeaders, live: LiveConnections) {
  const ending = new AbortController();
  let isSubscription = false;
  let resolveSent = (): void => undefined;

  response.writeHead(200, headers);
  // Some browsers fire `open` only after the first bytes of the body.
  response.write(COMMENT);
  const { heard, remove } = live.add({
    ping() {
      // Never between the pieces of an event: each is written in the turn in which the piece before it was sent.
      if (response.writableLength === 0) response.write(COMMENT, heard);
    },
    cut() {
      response.destroy();
    },
    end() {
      ending.abort(STOPPING);
    },
    isAnswering: () => !isSubscription,
  });
  onClosed(response, () => {
    remove();
    ending.abort(CLIENT_GONE);
    resolveSent();
  });

  const send = (piece: Buffer) =>
    new Promise<void>((resolve) => {
      resolveSent = resolve;
      response.write(piece, () => {
        heard();
        resolve();
      });
    });

  return {
    subscribe(events: LiveEvents): LiveEvents {
      isSubscription = true;
      return eventsUntil(ending.signal, events);
    },
    /** Resolves when the event was sent, or the client has disconnected. */
    async write(event: LiveEvent): Promise<void> {
      const bytes = Buffer.from(`event: next\ndata: ${JSON.stringify(event)}\n\n`);
      for (let at = 0; at < bytes.length && !response.destroyed; at += PIECE_BYTES) {
        await send(bytes.subarray(at, at + PIECE_BYTES));
      }
    },
  };
}

/** Shared, as CLIENT_GONE is. */
const STOPPING = new Error('the gateway is stopping');
