/** One response of server-sent events, with backpressure: an event is written when the one before it has been sent. */
import type { ServerResponse } from 'node:http';
import type { LiveEvent } from '../../graphql/subscriptions/live-events.ts';
import type { Compressed } from '../compression/compressed-forms.ts';
import type { EventEncoding } from './event-encoding.ts';
import type { KeepAlive } from './keep-alive.ts';

export interface EventStream {
  /** Resolves when the event has been sent, or the client has disconnected. */
  next(event: LiveEvent): Promise<void>;
  /** Sends the `complete` event, and closes. */
  complete(): void;
}

/** How a compressed stream is written. */
export interface StreamCompression {
  readonly encoding: EventEncoding;
  /** The compressed block of an event's text; null for one that is sent as it is. */
  readonly blockOf: (event: LiveEvent, text: Buffer) => Compressed | null;
}

const COMMENT = Buffer.from(':\n\n');

export interface EventStreamOptions {
  readonly response: ServerResponse;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly keepAlive: KeepAlive;
  /** Null: events are sent as they are. */
  readonly compression: StreamCompression | null;
}

export function createEventStream(options: EventStreamOptions): EventStream {
  const { response, headers, keepAlive, compression } = options;
  const encode = (text: Buffer, block?: Buffer | null) => compression?.encoding.encode(text, block) ?? text;

  response.writeHead(200, headers);
  if (compression) response.write(compression.encoding.head);
  // Some browsers fire `open` only after the first bytes of the body.
  response.write(encode(COMMENT));
  const kept = keepAlive.add({
    ping() {
      if (response.writableLength === 0) response.write(encode(COMMENT), kept.heard);
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

  function write(text: Buffer, block: Buffer | null): void {
    if (response.writable) response.write(encode(text, block), taken);
    else release();
  }

  return {
    next: (event) =>
      new Promise((resolve) => {
        release = resolve;
        const text = Buffer.from(`event: next\ndata: ${JSON.stringify(event)}\n\n`);
        const block = compression?.blockOf(event, text) ?? null;
        if (block === null || Buffer.isBuffer(block)) write(text, block);
        else {
          void block.then((made) => {
            write(text, made);
          });
        }
      }),
    complete() {
      // EventSource ignores an event without a data line.
      const last = Buffer.from('event: complete\ndata:\n\n');
      response.end(compression ? Buffer.concat([encode(last), compression.encoding.end()]) : last);
    },
  };
}
