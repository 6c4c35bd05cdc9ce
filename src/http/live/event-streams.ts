/** Server-sent events in graphql-sse's distinct connections mode: one operation for each request. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Outcome } from '../../graphql/operations/operation.ts';
import { SubscriptionError, type LiveEvent, type LiveEvents } from '../../graphql/subscriptions/live-events.ts';
import { requestError } from '../../graphql/operations/error-formatting.ts';
import { ownBytes } from '../compression/compressed-forms.ts';
import { MIN_COMPRESSED_LENGTH, type Compression } from '../compression/compression.ts';
import { onClosed } from '../connection/client-signal.ts';
import type { Exchange } from '../exchange.ts';
import { createEventEncoding } from './event-encoding.ts';
import { createEventStream, textOf, type EventBlock, type EventStream } from './event-stream.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { LiveTransport } from './live-transport.ts';

export interface EventStreams extends LiveTransport {
  /**
   * Resolves when the stream is over. `run` is called when the stream is open, and so not for a client that has disconnected. Rejects
   * while the gateway stops. `open` returns the headers that do not depend on the transport; called when the stream is open.
   */
  send(exchange: Exchange, open: () => OutgoingHttpHeaders, run: () => Promise<Outcome>): Promise<void>;
}

export interface EventStreamsOptions {
  readonly compression: Compression;
  readonly keepAlive: KeepAlive;
  readonly isReady: () => boolean;
}

const HEAD = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Tells nginx not to buffer events.
  'x-accel-buffering': 'no',
};

interface OpenStream {
  readonly exchange: Exchange;
  /** Null: of a query or a mutation, or not known yet. */
  events: LiveEvents | null;
  isEnding: boolean;
}

export function createEventStreams(options: EventStreamsOptions): EventStreams {
  const { compression, keepAlive, isReady } = options;
  const openStreams = new Set<OpenStream>();
  const subscriptions = () => [...openStreams].filter(({ events }) => events !== null).map(({ exchange }) => exchange);
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

  function streamTo({ request, response }: Exchange, open: () => OutgoingHttpHeaders): EventStream {
    const isCompressed = compression.encodingsOf(request).gzip;
    const headers = { ...open(), ...HEAD, ...(isCompressed && { 'content-encoding': 'gzip' }) };
    const streamCompression = isCompressed ? { encoding: createEventEncoding(), blockOf } : null;
    return createEventStream({ response, headers, keepAlive, compression: streamCompression });
  }

  return {
    async send(exchange, open, run) {
      if (!isReady()) throw requestError('BAD_REQUEST', 'The gateway is stopping.', 503);
      const { response } = exchange;
      // The client may have disconnected while it was authenticated.
      if (response.closed) return;
      const stream = streamTo(exchange, open);
      const entry: OpenStream = { exchange, events: null, isEnding: false };
      openStreams.add(entry);
      onClosed(response, () => {
        openStreams.delete(entry);
        end(entry);
      });
      try {
        await carry(await run(), entry, stream);
      } finally {
        stream.complete();
      }
    },
    end() {
      for (const entry of openStreams) end(entry);
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
