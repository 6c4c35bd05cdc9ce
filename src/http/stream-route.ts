/** GraphQL over server-sent events at `/graphql/stream`: one operation a request, in the way of graphql-sse's "distinct connections". */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isEvents, type Gate, type OperationRequest } from '../graphql/gate.ts';
import { OperationRefused, type LiveEvents } from '../graphql/live-event.ts';
import type { Callers } from './callers.ts';
import { signalOfClient } from './client-signal.ts';
import { createEventStream, type EventStream } from './event-stream.ts';
import type { KeepAlive } from './keep-alive.ts';
import { STREAM_PATH } from './request.ts';
import { fail, readOperation } from './stream-request.ts';

export interface StreamRouteOptions {
  readonly gate: Gate;
  readonly callers: Callers;
  readonly keepAlive: KeepAlive;
  readonly isReady: () => boolean;
}

export interface Streams {
  /** Tells every client that nothing follows. */
  end(): void;
  /** Cuts those that have not taken it. */
  cut(): void;
  /** Resolves when none is open. */
  closed(): Promise<void>;
}

export function registerStreamRoute(app: FastifyInstance, options: StreamRouteOptions): Streams {
  const { gate, callers, keepAlive, isReady } = options;
  const open = new Set<OpenStream>();

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const operation = readOperation(request);
    const headers = reply.getHeaders() as OutgoingHttpHeaders;
    const { raw: response } = reply.hijack();
    const stream = createEventStream(response, headers, keepAlive);
    const entry: OpenStream = { response, events: null, isEnding: false };
    open.add(entry);
    response.once('close', () => {
      open.delete(entry);
      end(entry);
    });
    try {
      const caller = callers.known(request.raw) ?? (await callers.authenticate(request.raw));
      const { viewer, refusal, untilMs } = caller;
      const asked = {
        viewer,
        refusal,
        untilMs,
        requestId: request.id,
        signal: signalOfClient(response),
        transport: 'graphql-sse',
        traceparent: request.headers.traceparent,
      } as const;
      await carry({ ...operation, ...asked }, entry, stream);
    } finally {
      stream.complete();
    }
  }

  async function carry(operation: OperationRequest, entry: OpenStream, stream: EventStream): Promise<void> {
    try {
      const opened = await gate.open(operation);
      if (isEvents(opened)) await carryEvents(opened, entry, stream);
      else await stream.next(opened);
    } catch (error) {
      if (!(error instanceof OperationRefused)) throw error;
      await stream.next({ errors: error.errors });
    }
  }

  app.route({
    // The others are here to be told so.
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: STREAM_PATH,
    exposeHeadRoute: false,
    async handler(request, reply) {
      if (request.method !== 'GET' && request.method !== 'POST')
        throw fail(405, 'Subscribe by GET or POST, one operation a connection.');
      if (!isReady()) throw fail(503, 'The gateway is stopping.');
      await answer(request, reply);
    },
  });

  return {
    end() {
      for (const entry of open) end(entry);
    },
    cut() {
      for (const { response } of open) response.destroy();
    },
    async closed() {
      await Promise.all([...open].map(({ response }) => new Promise((resolve) => response.once('close', resolve))));
    },
  };
}

interface OpenStream {
  readonly response: ServerResponse;
  events: LiveEvents | null;
  isEnding: boolean;
}

/** An answer under way is finished; events are as they come. */
function end(entry: OpenStream): void {
  entry.isEnding = true;
  void entry.events?.return(undefined);
}

async function carryEvents(events: LiveEvents, entry: OpenStream, stream: EventStream): Promise<void> {
  entry.events = events;
  // It may have been told while the gate was opened.
  if (entry.isEnding) end(entry);
  for await (const event of events) await stream.next(event);
}
