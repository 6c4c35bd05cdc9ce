/** One response of server-sent events, with backpressure: an event is written when the one before it has been sent. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { LiveEvent } from '../../graphql/subscriptions/live-events.ts';
import type { Compressed } from '../compression/compressed-forms.ts';
import { onClosed } from '../connection/client-signal.ts';
import { isLarge, jsonInPieces } from '../graphql/answer-bytes.ts';
import type { EventEncoding } from './event-encoding.ts';
import type { KeepAlive } from './keep-alive.ts';

export interface EventStream {
  /** Resolves when the event has been sent, or the client has disconnected. */
  next(event: LiveEvent): Promise<void>;
  /** Sends the `complete` event, and closes. */
  complete(): void;
}

/** An event's text, with its compressed block; null: it is sent as it is. */
export interface EventBlock {
  readonly text: Buffer;
  readonly block: Compressed | null;
}

/** How a compressed stream is written. */
export interface StreamCompression {
  readonly encoding: EventEncoding;
  readonly blockOf: (event: LiveEvent) => Promise<EventBlock>;
}

const COMMENT = ':\n\n';

/** An event is sent in pieces of so many bytes: a client that takes it slowly is heard of with each. */
const PIECE_BYTES = 131_072;

const BEFORE = 'event: next\ndata: ';
const AFTER = '\n\n';

/** As it is sent. */
export const textOf = async (event: LiveEvent): Promise<Buffer> =>
  isLarge(event) ? jsonInPieces(event, BEFORE, AFTER) : Buffer.from(`${BEFORE}${JSON.stringify(event)}${AFTER}`);

export interface EventStreamOptions {
  readonly response: ServerResponse;
  readonly headers: OutgoingHttpHeaders;
  readonly keepAlive: KeepAlive;
  /** Null: events are sent as they are. */
  readonly compression: StreamCompression | null;
}

export function createEventStream({ response, headers, keepAlive, compression }: EventStreamOptions): EventStream {
  const encode = (text: string) => compression?.encoding.encode(Buffer.from(text)) ?? text;

  response.writeHead(200, headers);
  if (compression) response.write(compression.encoding.head);
  // Some browsers fire `open` only after the first bytes of the body.
  response.write(encode(COMMENT));
  const kept = keepAlive.add({
    ping() {
      // Never between the pieces of an event: each is written in the turn in which the one before it has gone.
      if (response.writableLength === 0) response.write(encode(COMMENT), kept.heard);
    },
    cut() {
      response.destroy();
    },
  });
  let release = (): void => undefined;
  /** Also called for what was not sent because the connection was closed. */
  const taken = () => {
    kept.heard();
    release();
  };
  onClosed(response, () => {
    kept.remove();
    release();
  });

  async function blockOf(event: LiveEvent): Promise<{ text: Buffer; made: Buffer | null }> {
    if (!compression) return { text: await textOf(event), made: null };
    const { text, block } = await compression.blockOf(event);
    return { text, made: await block };
  }

  const sent = (piece: Buffer) =>
    new Promise<void>((resolve) => {
      release = resolve;
      response.write(piece, taken);
    });

  return {
    async next(event) {
      const { text, made } = await blockOf(event);
      const bytes = compression?.encoding.encode(text, made) ?? text;
      for (let at = 0; at < bytes.length && !response.destroyed; at += PIECE_BYTES)
        await sent(bytes.subarray(at, at + PIECE_BYTES));
    },
    complete() {
      // EventSource ignores an event without a data line.
      response.write(encode('event: complete\ndata:\n\n'));
      response.end(compression?.encoding.end());
    },
  };
}
