/** Content negotiation: the formats that a client accepts. */
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

export const JSON_TYPE = 'application/json; charset=utf-8';
export const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8';
const EVENTS_TYPE = 'text/event-stream';
const HTML_TYPE = 'text/html';

export type JsonType = typeof JSON_TYPE | typeof GRAPHQL_TYPE;

export interface AcceptedForms {
  /** Media type, or null if JSON isn't accepted. */
  readonly json: JsonType | null;
  /** Whether the header names server-sent events: a client that accepts anything expects a single response. */
  readonly events: boolean;
  /** Whether the client accepts events, or anything. */
  readonly anyEvents: boolean;
  /** Whether this is a browser's navigation, which prefers HTML. */
  readonly prefersHtml: boolean;
}

export type Negotiation = ReturnType<typeof createNegotiation>;

/** Browsers send some 150 characters. Negotiating 15 KB takes up to 10 ms, before authentication and rate limit. */
const MAX_NEGOTIATED_LENGTH = 1024;
/** Clients send few different headers. */
const MAX_REMEMBERED = 100;

/** A shorter response fits into a packet, or nearly, so compressing it gains nothing. */
export const MIN_COMPRESSED_LENGTH = 1024;

export function createNegotiation() {
  const forms = new LRUCache<string, AcceptedForms>({ max: MAX_REMEMBERED, memoMethod: readForms });
  const gzips = new LRUCache<string, boolean>({ max: MAX_REMEMBERED, memoMethod: hasGzip });

  return {
    /** An empty header counts as missing, which accepts anything. */
    formsOf: ({ headers: { accept } }: IncomingMessage): AcceptedForms =>
      forms.memo(isNegotiated(accept) && accept !== '' ? accept : '*/*'),

    /** Programs that don't send the header rarely decode gzip. `length` is the response's, in bytes. */
    acceptsGzip: ({ headers: { 'accept-encoding': accept } }: IncomingMessage, length: number): boolean =>
      length >= MIN_COMPRESSED_LENGTH && isNegotiated(accept) && gzips.memo(accept),
  };
}

const isNegotiated = (header: string | undefined): header is string =>
  header !== undefined && header.length <= MAX_NEGOTIATED_LENGTH;

function readForms(accept: string): AcceptedForms {
  const accepted = new Negotiator({ headers: { accept } }).mediaTypes([
    JSON_TYPE,
    GRAPHQL_TYPE,
    EVENTS_TYPE,
    HTML_TYPE,
  ]);
  const json = accepted.find((type) => type === JSON_TYPE || type === GRAPHQL_TYPE) ?? null;
  const anyEvents = accepted.includes(EVENTS_TYPE);
  return { json, events: anyEvents && accept.includes(EVENTS_TYPE), anyEvents, prefersHtml: accepted[0] === HTML_TYPE };
}

const hasGzip = (accept: string): boolean =>
  new Negotiator({ headers: { 'accept-encoding': accept } }).encodings(['gzip']).length > 0;
