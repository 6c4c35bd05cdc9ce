/** The schema as SDL, and `/llms.txt`. */
import type { FastifyPluginCallback } from 'fastify';
import { llmsText, type LlmsOptions } from './llms.ts';
import { sendError } from './replies.ts';
import { SCHEMA_PATH } from './routes.ts';

export interface TextRoutesOptions extends LlmsOptions {
  /** Null if introspection is switched off. */
  readonly schemaText: string | null;
}

export function createTextRoutes({ schemaText, ...options }: TextRoutesOptions): FastifyPluginCallback {
  const llms = llmsText(options);
  return (app, _options, done) => {
    app.get(SCHEMA_PATH, (_request, reply) =>
      schemaText === null ? sendError(reply, 404, 'NOT_FOUND', NO_SCHEMA) : reply.headers(PLAIN_TEXT).send(schemaText),
    );
    app.get('/llms.txt', (_request, reply) => reply.headers(PLAIN_TEXT).send(llms));
    done();
  };
}

const PLAIN_TEXT = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' };
const NO_SCHEMA = 'Introspection is disabled. Set INTROSPECTION=on to enable it.';
