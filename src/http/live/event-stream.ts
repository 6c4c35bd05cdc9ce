/** One response of server-sent events, with backpressure: an event is written when the one before it has been sent. */
import type { ServerResponse } from 'node:http';
import type { LiveEvent } from '../../graphql/subscriptions/live-events.ts';
import type { KeepAlive } from './keep-alive.ts';

export interface EventStream {
  /** Resolves when the event has been sent, or the client has disconnected. */
  next(event: LiveEvent): Promise<void>;
  /** Sends the `complete` event, and closes. */
  complete(): void;
}

export const EVENT_STREAM_HEAD = {
  contentType: 'text/event-stream; charset=utf-8',
  cacheControl: 'no-store',
  // Tells nginx not to buffer events.
  headers: ['x-accel-buffering', 'no'],
};
const COMMENT = ':\n\n';

/** `headers` are names and values in turn. */
export function createEventStream(response: ServerResponse, headers: string[], keepAlive: KeepAlive): EventStream {
  response.writeHead(200, headers);
  // Some browsers fire `open` only after the first bytes of the body.
  response.write(COMMENT);
  const kept = keepAlive.add({
    ping() {
      if (response.writableLength === 0) response.write(COMMENT, kept.heard);
    },
    cut() {
      response.destroy();
    },
  });
  let release = (): void => undefined;
  const taken = () => {
    kept.heard();
    release();
  };
  response.once('close', () => {
    kept.remove();
    release();
  });

  return {
    next: (event) =>
      new Promise((resolve) => {
        release = resolve;
        if (!response.writable) resolve();
        else response.write(`event: next\ndata: ${JSON.stringify(event)}\n\n`, taken);
      }),
    complete() {
      // EventSource ignores an event without a data line.
      response.end('event: complete\ndata:\n\n');
    },
  };
}
