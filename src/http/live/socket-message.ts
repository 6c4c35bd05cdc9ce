/** A message of a socket, parsed once: graphql-ws gets the value. */
import { MessageType } from 'graphql-ws';
import { isDeeperThan, MAX_JSON_DEPTH } from '../../domain/json.ts';
import { parseExactJson } from '../../domain/long-integers.ts';
import type { JsonValue } from '../../domain/types.ts';

export type SocketMessage = Readonly<Record<string, unknown>>;

/** Of a payload: a value in it is one level less. */
const MAX_DEPTH = MAX_JSON_DEPTH + 1;

/**
 * Integers beyond 2^53 are text. graphql-ws rejects an operation without a query, so a persisted operation gets an empty one. Null for
 * what is no message, and for a ping or a persisted operation that is nested too deep: graphql-ws closes the socket.
 */
export function readMessage(text: string): SocketMessage | null {
  const message = parseJson(text);
  if (!isObject(message)) return null;
  const { type, payload } = message;
  const isPersisted = type === MessageType.Subscribe && isObject(payload) && payload.query == null && isNamed(payload);
  // The payload of a ping is written again, by recursion.
  if (!isPersisted && type !== MessageType.Ping) return message;
  if (isDeeperThan(payload as JsonValue, MAX_DEPTH)) return null;
  return isPersisted ? { ...message, payload: { ...payload, query: '' } } : message;
}

/** True for a message that only servers send: graphql-ws throws where one comes. */
export const isOfServers = (message: SocketMessage | null): boolean => OF_SERVERS.has(message?.type);

const OF_SERVERS = new Set<unknown>([MessageType.ConnectionAck, MessageType.Next, MessageType.Error]);

const isNamed = ({ documentId, id, extensions }: SocketMessage): boolean =>
  documentId !== undefined || id !== undefined || (isObject(extensions) && extensions.persistedQuery !== undefined);

/** Or a list, which has none of the fields. */
const isObject = (value: unknown): value is SocketMessage => typeof value === 'object' && value !== null;

function parseJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}
