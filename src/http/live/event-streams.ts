/** Server-sent events in graphql-sse's distinct connections mode: one operation for each response. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { requestError } from '../../graphql/operations/error-formatting.ts';
import type { Client, Outcome } from '../../graphql/operations/operation.ts';
import { SubscriptionError, type LiveEvent } from '../../graphql/subscriptions/live-events.ts';
import { onClosed } from '../connection/request-client.ts';
import { PIECE_BYTES, type LiveConnections } from './live-connections.ts';

/** Resolves when the stream is over. `run` is called when the stream is open, so not after a disconnect. */
export type SendEvents = (reply: FastifyReply, client: Client, run: () => Promise<Outcome>) => Promise<void>;

const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Asks nginx not to buffer events.
  'x-accel-buffering': 'no',
};

const COMMENT = ':\n\n';
/** EventSource ignores an event without a data line. */
const COMPLETE = 'event: complete\ndata:\n\n';

/** The result rejects with HTTP 503 while the gateway stops. */
export const createSendEvents =
  (liveConnections: LiveConnections, isReady: () => boolean): SendEvents =>
  async (reply, client, run) => {
    if (!isReady()) throw requestError('BAD_REQUEST', 'The gateway is stopping.', 503);
    const headers = takeHeaders(reply);
    const response = reply.raw;
    // The client may have disconnected while it was authenticated.
    if (response.closed) return;
    const stream = openStream(response, headers, client, liveConnections);
    try {
      const outcome = await run();
      if (outcome.kind === 'answer') await stream.write(outcome.result);
      else {
        stream.beginSubscription();
        for await (const event of outcome.events) await stream.write(event);
      }
    } catch (error) {
      if (!(error instanceof SubscriptionError)) throw error;
      await stream.write({ errors: error.errors });
    } finally {
      response.end(COMPLETE);
    }
  };

/** For a response that Fastify does not write. */
function takeHeaders(reply: FastifyReply): OutgoingHttpHeaders {
  const headers = Object.entries(reply.hijack().getHeaders());
  const texts = headers.map(([name, value]) => [name, typeof value === 'object' ? value : String(value)] as const);
  return { ...Object.fromEntries(texts), ...EVENT_STREAM_HEADERS };
}

function openStream(response: ServerResponse, headers: OutgoingHttpHeaders, client: Client, live: LiveConnections) {
  let isSubscription = false;
  let isEnding = false;
  let resolveSent = (): void => undefined;

  const endSubscription = () => {
    if (isSubscription && isEnding) client.abort();
  };
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
      isEnding = true;
      endSubscription();
    },
    isAnswering: () => !isSubscription,
  });
  onClosed(response, () => {
    remove();
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
    beginSubscription() {
      isSubscription = true;
      endSubscription();
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
