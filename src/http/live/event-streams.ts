/** Server-sent events in graphql-sse's distinct connections mode: one operation for each request. */
import type { Outcome } from '../../graphql/operations/operation.ts';
import { SubscriptionError, type LiveEvents } from '../../graphql/subscriptions/live-events.ts';
import { requestError } from '../../graphql/operations/error-formatting.ts';
import type { Exchange } from '../exchange.ts';
import type { ResponseWriter } from '../response-writer.ts';
import { createEventStream, EVENT_STREAM_HEAD, type EventStream } from './event-stream.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { LiveTransport } from './live-transport.ts';

export interface EventStreams extends LiveTransport {
  /** Resolves when the stream is over. `run` is called when the stream is open. Rejects while the gateway stops. */
  send(exchange: Exchange, run: () => Promise<Outcome>): Promise<void>;
}

export interface EventStreamsOptions {
  readonly writer: ResponseWriter;
  readonly keepAlive: KeepAlive;
  readonly isReady: () => boolean;
}

interface OpenStream {
  readonly exchange: Exchange;
  events: LiveEvents | null;
  isEnding: boolean;
}

export function createEventStreams({ writer, keepAlive, isReady }: EventStreamsOptions): EventStreams {
  const open = new Set<OpenStream>();

  return {
    async send(exchange, run) {
      if (!isReady()) throw requestError('BAD_REQUEST', 'The gateway is stopping.', 503);
      const { response } = exchange;
      const stream = createEventStream(response, writer.head(exchange, EVENT_STREAM_HEAD), keepAlive);
      const entry: OpenStream = { exchange, events: null, isEnding: false };
      open.add(entry);
      response.once('close', () => {
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
      for (const { exchange } of open) exchange.response.destroy();
    },
    async closed() {
      const responses = [...open].map(({ exchange }) => exchange.response);
      await Promise.all(responses.map((response) => new Promise((resolve) => response.once('close', resolve))));
    },
  };
}

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
