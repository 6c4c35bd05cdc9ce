/** Content negotiation by the `Accept` header. */
import type { IncomingMessage } from 'node:http';
import Negotiator from 'negotiator';
import { remembered } from '../headers/remembered.ts';

export const JSON_TYPE = 'application/json; charset=utf-8';
export const GRAPHQL_TYPE = 'application/graphql-response+json; charset=utf-8';
const EVENTS_TYPE = 'text/event-stream';
const HTML_TYPE = 'text/html';

export type JsonType = typeof JSON_TYPE | typeof GRAPHQL_TYPE;

export interface AcceptedForms {
  /** Null: no JSON. */
  readonly json: JsonType | null;
  /** True if the header names server-sent events: a client that accepts anything expects a single answer. */
  readonly events: boolean;
  /** True for the navigation of a browser, which prefers HTML. */
  readonly prefersHtml: boolean;
}

export function createAcceptedForms(): (request: IncomingMessage) => AcceptedForms {
  const formsOf = remembered(readForms);
  return (request) => formsOf(acceptOf(request));
}

/** True if the client accepts server-sent events, also if it accepts anything. */
export const acceptsEvents = (request: IncomingMessage): boolean =>
  typesIn(acceptOf(request), [EVENTS_TYPE]).length > 0;

/** An empty header counts as a missing one, which accepts anything. */
const acceptOf = ({ headers: { accept = '' } }: IncomingMessage): string => (accept === '' ? '*/*' : accept);

const typesIn = (accept: string, types: string[]): string[] =>
  new Negotiator({ headers: { accept } }).mediaTypes(types);

function readForms(accept: string): AcceptedForms {
  const accepted = typesIn(accept, [JSON_TYPE, GRAPHQL_TYPE, EVENTS_TYPE, HTML_TYPE]);
  const json = accepted.find((type) => type === JSON_TYPE || type === GRAPHQL_TYPE) ?? null;
  const events = accept.includes(EVENTS_TYPE) && accepted.includes(EVENTS_TYPE);
  return { json, events, prefersHtml: accepted[0] === HTML_TYPE };
}
