/** Answers outside GraphQL: errors, JSON and pages. */
import { gzipSync } from 'node:zlib';
import type { FastifyReply } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import type { Headers } from './common-headers.ts';
import { JSON_TYPE } from './negotiation.ts';

export const sendJson = (reply: FastifyReply, status: number, value: unknown): FastifyReply =>
  reply.code(status).headers({ 'content-type': JSON_TYPE, 'cache-control': 'no-store' }).send(JSON.stringify(value));

/** In the form of a GraphQL error. */
export const sendError = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  sendJson(reply, status, {
    errors: [{ message, extensions: { code, retryable: false, requestId: reply.request.id } }],
  });

/** Headers of a refusal: when its first error says that the request may be repeated. */
export const retryHeaders = (errors: readonly GraphQLFormattedError[] = []): Headers => {
  const seconds = errors[0]?.extensions?.retryAfterSeconds;
  return typeof seconds === 'number' ? { 'retry-after': String(seconds) } : {};
};

export type SendPage = (reply: FastifyReply, status?: number) => FastifyReply;

/** A page with the same content each time. */
export function createPage(html: string, headers: Headers = {}): SendPage {
  const body = Buffer.from(html);
  const gzipped = gzipSync(body);
  return (reply, status = 200) => {
    reply.gzipped = gzipped;
    return reply
      .code(status)
      .headers({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'referrer-policy': 'same-origin',
        ...headers,
      })
      .send(body);
  };
}
