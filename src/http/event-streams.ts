/** Server-sent events in graphql-sse's distinct connections mode: one operation per response. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { requestError } from '../graphql/operations/error-formatting.ts';
import type { Client, Outcome } from '../graphql/operations/operation.ts';
import type { Operations } from '../graphql/operations/operations.ts';
import { SubscriptionError, type LiveEvent } from '../graphql/subscriptions/live-events.ts';
import { onClosed } from './entrance.ts';
import type { LiveConnections } from './live-connections.ts';

/** Resolves when the stream is over. Rejects with HTTP 503 for a subscription while the gateway is stopping. */
export type SendEvents = (reply: FastifyReply, client: Client, outcome: Outcome) => Promise<void>;

export interface EventStreamsOptions {
  readonly liveConnections: LiveConnections;
  readonly isReady: () => boolean;
  /** A client that reads nothing for this long is disconnected. */
  readonly stalledReaderMs: number;
  readonly write: Operations['write'];
}

const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Asks nginx not to buffer events.
  'x-accel-buffering': 'no',
};

const COMMENT = ':\n\n';
/** EventSource ignores an event without a data line. */
const COMPLETE = 'event: complete\ndata:\n\n';

export const createSendEvents =
  ({ liveConnections, isReady, stalledReaderMs, write }: EventStreamsOptions): SendEvents =>
  async (reply, client, outcome) => {
    try {
      if (outcome.kind === 'events' && !isReady()) throw requestError('BAD_REQUEST', 'The gateway is stopping.', 503);
      await send();
    } finally {
      if (outcome.kind === 'events') {
        // After a disconnect or a stop, the events aren't read. The generator ends only if it is read once.
        client.abort();
        await outcome.events.next();
      }
    }

    async function send(): Promise<void> {
      const common = reply.getHeaders() as OutgoingHttpHeaders;
      const headers = { ...common, ...EVENT_STREAM_HEADERS, ...(!isReady() && { connection: 'close' }) };
      const { raw: response } = reply.hijack();
      // The client may have disconnected when its operation began.
      if (response.closed) return;
      response.writeHead(200, headers);
      response.setTimeout(stalledReaderMs, () => {
        if (response.writableLength > 0) response.destroy();
      });
      // Some browsers fire `open` only after the first bytes of the body.
      response.write(COMMENT);
      let resolveSent = (): void => undefined;
      const remove = liveConnections.add({
        ping() {
          if (response.writableLength === 0) response.write(COMMENT);
        },
        end() {
          if (outcome.kind === 'events') client.abort();
        },
        cut() {
          response.destroy();
        },
        isAnswering: () => outcome.kind === 'answer',
      });
      onClosed(response, () => {
        remove();
        resolveSent();
      });

      /** Resolves when the event was sent or the client has disconnected, so the next one has the latest state. */
      const sendEvent = (event: LiveEvent) =>
        new Promise<void>((resolve) => {
          resolveSent = resolve;
          response.write(write(`event: next\ndata: ${JSON.stringify(event)}\n\n`), () => {
            resolve();
          });
        });

      try {
        if (outcome.kind === 'answer') await sendEvent(outcome.result);
        else for await (const event of outcome.events) await sendEvent(event);
      } catch (error) {
        if (!(error instanceof SubscriptionError)) throw error;
        await sendEvent({ errors: error.errors });
      } finally {
        response.end(COMPLETE);
      }
    }
  };
