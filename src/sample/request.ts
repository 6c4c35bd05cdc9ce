/** Reads a request within limits, because its query and body may be anything. */
import type { FastifyRequest } from 'fastify';
import type { Json, JsonObject } from './definition.ts';

const MAX_BODY_BYTES = 1024 * 1024;
/** An accepted body is serialized again later, some levels deeper, and must not overflow the stack. */
const MAX_BODY_DEPTH = 100;
const MAX_PAGE_SIZE = 100;

export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** An error that becomes a response with this status. */
export class RequestError extends Error {
  readonly statusCode: number;
  readonly problems: readonly Problem[];

  constructor(statusCode: number, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.problems = problems;
    this.statusCode = statusCode;
  }
}

export function bearerKeyOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  return /^bearer +(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1];
}

type Query = Readonly<Record<string, unknown>>;

export const pageOf = (query: Query): { limit: number; offset: number } => ({
  limit: wholeNumber(query, 'limit', MAX_PAGE_SIZE, 1, MAX_PAGE_SIZE),
  offset: wholeNumber(query, 'offset', 0, 0, Number.MAX_SAFE_INTEGER),
});

function wholeNumber(query: Query, name: string, byDefault: number, min: number, max: number): number {
  const text = query[name];
  if (text === undefined) return byDefault;
  const value = typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new RequestError(400, `${name} must be a whole number from ${min} to ${max}`);
}

/** `text` is undefined without a body. */
export function jsonObjectOf(text: unknown): JsonObject {
  const body = parse(String(text));
  if (!isJsonObject(body))
    throw new RequestError(400, 'The body must be a JSON object: the input variables of the run');
  if (isDeeperThan(MAX_BODY_DEPTH, body)) {
    throw new RequestError(400, `The body must have at most ${MAX_BODY_DEPTH} levels`);
  }
  return body;
}

/** A body that is too long is read to its end and dropped, because many clients don't read a response while sending. */
export async function bodyOf(request: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (bytes > MAX_BODY_BYTES) throw new RequestError(413, `The body must have at most ${MAX_BODY_BYTES} bytes`);
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isDeeperThan = (levels: number, value: Json): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner: Json) => isDeeperThan(levels - 1, inner)));
