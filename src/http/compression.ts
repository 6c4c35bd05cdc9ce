/**
 * The end of each answer: gzip, a 304 for a client that has the answer already, a timeout for its reader, and no further reading of
 * the request.
 */
import { gzip as gzipInThread, gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { leaveUnread } from './body.ts';
import type { Negotiation } from './negotiation.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** The body by gzip, if it is cached. */
    gzipped: Buffer | null;
  }
}

/** Measured on Node 24: up to here compressing takes no more of the event loop than handing it to another thread, 60 µs. */
const MAX_SYNC_LENGTH = 8192;
/** Measured on JSON answers: level 6 takes twice the time of 4 and saves 6 % more. */
const OPTIONS = { level: 4 };

type Done = (error: Error | null, compressed: Buffer) => void;

/** Calls back at once for a small body. */
export function compress(body: Buffer, done: Done): void {
  if (body.length <= MAX_SYNC_LENGTH) done(null, gzipSync(body, OPTIONS));
  else gzipInThread(body, OPTIONS, done);
}

export interface CompressionOptions {
  readonly negotiation: Negotiation;
  /** False once the gateway is stopping: each answer then closes its connection. */
  readonly isReady: () => boolean;
  /** A client that reads nothing for this long is disconnected. */
  readonly stalledReaderMs: number;
}

export function addCompression(app: FastifyInstance, options: CompressionOptions): void {
  const { negotiation, isReady, stalledReaderMs } = options;
  app.decorateReply('gzipped', null);
  app.addHook('onSend', ({ raw, headers }, reply, payload, done) => {
    if (!isReady()) void reply.header('connection', 'close');
    leaveUnread(reply);
    const body = typeof payload === 'string' ? Buffer.from(payload) : Buffer.isBuffer(payload) ? payload : null;
    /** Fastify writes the answer at once. */
    const send = (error: Error | null, sent: unknown) => {
      if (error) done(error);
      else done(null, sent);
      const { socket, writableLength } = reply.raw;
      // node:http sets its own timeout when the answer is written.
      if (writableLength > 0 || (payload != null && !body)) socket?.setTimeout(stalledReaderMs);
    };
    if (!body || reply.hasHeader('content-encoding')) {
      send(null, payload);
      return;
    }
    const isCompressed = negotiation.acceptsGzip(raw, body.length);
    const etag = reply.getHeader('etag');
    // Weak: the compressed bytes differ, but mean the same.
    if (isCompressed && typeof etag === 'string') void reply.header('etag', `W/${etag}`);
    if (typeof etag === 'string' && isNotModified(headers['if-none-match'], etag)) {
      void reply.code(304);
      send(null, null);
    } else if (isCompressed) {
      void reply.header('content-encoding', 'gzip');
      if (reply.gzipped) send(null, reply.gzipped);
      else compress(body, send);
    } else send(null, body);
  });
}

/** True if one of the client's validators is the answer's. `If-None-Match` compares weakly. */
function isNotModified(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => {
    const validator = tag.trim();
    return validator === '*' || validator.replace(/^W\//, '') === etag;
  });
}
