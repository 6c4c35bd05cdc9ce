/** The schema as SDL, and `/llms.txt`. */
import type { FastifyPluginCallback } from 'fastify';
import { llmsText, type LlmsOptions } from './llms.ts';
import { errorAnswer, textAnswer, type Write } from './answer.ts';
import { SCHEMA_PATH } from './routes.ts';

export interface TextRoutesOptions extends LlmsOptions {
  /** Schema as SDL, or null if introspection is disabled. */
  readonly schemaText: string | null;
  readonly write: Write;
}

export function createTextRoutes({ schemaText, write, ...options }: TextRoutesOptions): FastifyPluginCallback {
  const llms = textAnswer(llmsText(options));
  const schema = schemaText === null ? null : textAnswer(schemaText);
  return (app, _options, done) => {
    app.get(SCHEMA_PATH, ({ id }, reply) => write(reply, schema ?? errorAnswer(id, 404, 'NOT_FOUND', NO_SCHEMA)));
    app.get('/llms.txt', (_request, reply) => write(reply, llms));
    done();
  };
}

const NO_SCHEMA = 'Introspection is disabled. Set INTROSPECTION=on to enable it.';
