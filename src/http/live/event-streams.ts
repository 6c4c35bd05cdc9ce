/** Server-sent events in graphql-sse's distinct connections mode: one operation for each request. */
import type { ServerResponse } from 'node:http';
import type { Outcome } from '../../graphql/operations/operation.ts';
import { SubscriptionError, type LiveEvent, type LiveEvents } from '../../graphql/subscriptions/live-events.ts';
import { requestError } from '../../graphql/operations/error-formatting.ts';
import { ownBytes } from '../compression/compressed-forms.ts';
import { MIN_COMPRESSED_LENGTH, type Compression } from '../compression/compression.ts';
import { onClosed } from '../connection/client-signal.ts';
import { GRAPHQL_VARY, type Exchange } from '../exchange.ts';
import type { ResponseWriter } from '../response-writer.ts';
import { createEventEncoding } from './event-encoding.ts';
import { createEventStream, textOf, type EventBlock, type EventStream } from './event-stream.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { LiveTransport } from './live-transport.ts';

export interface EventStreams extends LiveTransport {
  /**
   * Resolves when the stream is over. `run` is called when the stream is open, and so not for a client that has disconnected. Rejects
   * while the gateway stops. `more`: headers of this stream, names and values in turn.
   */
  send(exchange: Exchange, more: readonly string[], run: () => Promise<Outcome>): Promise<void>;
}

export interface EventStreamsOptions {
  readonly writer: ResponseWriter;
  readonly compression: Compression;
  readonly keepAlive: KeepAlive;
  readonly isReady: () => boolean;
}

const HEAD = {
  contentType: 'text/event-stream; charset=utf-8',
  cacheControl: 'no-store',
  vary: GRAPHQL_VARY,
  // Tells nginx not to buffer events.
  headers: ['x-accel-buffering', 'no'],
};

interface OpenStream {
  readonly exchange: Exchange;
  /** Null: of a query or a mutation, or not known yet. */
  events: LiveEvents | null;
  isEnding: boolean;
}

export function createEventStreams(options: EventStreamsOptions): EventStreams {
  const { writer, compression, keepAlive, isReady } = options;
  const open = new Set<OpenStream>();
  const subscriptions = () => [...open].filter(({ events }) => events !== null).map(({ exchange }) => exchange);
  /** Readers of one run share the event, and then its text and block. */
  const blocks = new WeakMap<LiveEvent, Promise<EventBlock>>();

  function blockOf(event: LiveEvent): Promise<EventBlock> {
    const known = blocks.get(event);
    if (known) return known;
    const made = makeBlock(event);
    blocks.set(event, made);
    return made;
  }

  async function makeBlock(event: LiveEvent): Promise<EventBlock> {
    const text = ownBytes(await textOf(event));
    return { text, block: text.length < MIN_COMPRESSED_LENGTH ? null : compression.block(text) };
  }

  function streamTo(exchange: Exchange, more: readonly string[]): EventStream {
    const { request, response } = exchange;
    const isCompressed = compression.encodingsOf(request).gzip;
    const contentEncoding = isCompressed ? 'gzip' : null;
    const headers = writer.head(exchange, { ...HEAD, contentEncoding, headers: [...HEAD.headers, ...more] });
    const streamCompression = isCompressed ? { encoding: createEventEncoding(), blockOf } : null;
    return createEventStream({ response, headers, keepAlive, compression: streamCompression });
  }

  return {
    async send(exchange, more, run) {
      if (!isReady()) throw requestError('BAD_REQUEST', 'The gateway is stopping.', 503);
      const { response } = exchange;
      // The client may have disconnected while it was authenticated.
      if (response.closed) return;
      const stream = streamTo(exchange, more);
      const entry: OpenStream = { exchange, events: null, isEnding: false };
      open.add(entry);
      onClosed(response, () => {
        open.delete(entry);
        end(entry);
      });
      try {
        await carry(await run(), entry, stream);
      } finally {
        stream.complete();
      }
    },
    end() {
      for (const entry of open) end(entry);
    },
    cut() {
      for (const { response } of subscriptions()) response.destroy();
    },
    async closed() {
      await Promise.all(subscriptions().map(({ response }) => untilClosed(response)));
    },
  };
}

const untilClosed = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    onClosed(response, resolve);
  });

/** Ends a subscription. An answer in progress is finished. */
function end(entry: OpenStream): void {
  entry.isEnding = true;
  void entry.events?.return(undefined);
}

async function carry(outcome: Outcome, entry: OpenStream, stream: EventStream): Promise<void> {
  if (outcome.kind === 'answer') {
    await stream.next(outcome.result);
    return;
  }
  entry.events = outcome.events;
  // The gateway may be stopping, or the client may have disconnected, since the operation began.
  if (entry.isEnding) end(entry);
  try {
    for await (const event of outcome.events) await stream.next(event);
  } catch (error) {
    if (!(error instanceof SubscriptionError)) throw error;
    await stream.next({ errors: error.errors });
  }
}
