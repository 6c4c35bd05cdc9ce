/** Parses a message of a client, once: graphql-ws takes the value. */
import { MessageType } from 'graphql-ws';
import { isDeeperThan, MAX_JSON_DEPTH } from '../../domain/json.ts';
import { parseExactJson } from '../../domain/long-integers.ts';
import type { JsonValue } from '../../domain/types.ts';
import { isRecord } from '../../graphql/json-kinds.ts';
import type { ClientInfo } from '../../observability/operation-record.ts';
import { clientInfoOf } from '../headers/client-info.ts';

export type SocketMessage = Readonly<Record<string, unknown>>;

/** Read from the first message: a browser can send no headers of its own with a WebSocket. */
export interface ConnectionParams {
  readonly authorization: string | undefined;
  readonly clientInfo: ClientInfo | null;
}

/** Levels of a payload: a value in a payload has one less. */
const MAX_DEPTH = MAX_JSON_DEPTH + 1;

const FROM_SERVERS = new Set<unknown>([MessageType.ConnectionAck, MessageType.Next, MessageType.Error]);

/** Integers beyond 2^53 become text. Null for an invalid message: graphql-ws closes the socket with 4400. */
export function readMessage(text: string): SocketMessage | null {
  const message = parseJson(text);
  // graphql-ws throws for a message that only servers send.
  if (!isRecord(message) || FROM_SERVERS.has(message.type)) return null;
  const { type, payload } = message;
  if (!isRecord(payload)) return message;
  // graphql-ws keeps the payload as long as the socket is open: up to 1 MiB, which takes 20 MB when it is parsed.
  if (type === MessageType.ConnectionInit) {
    const params: ConnectionParams = { authorization: authorizationIn(payload), clientInfo: clientInfoOf(payload) };
    return { type, payload: params };
  }
  // graphql-ws writes the payload back, by recursion.
  if (type === MessageType.Ping) return isTooDeep(payload) ? null : message;
  if (type !== MessageType.Subscribe || payload.query != null || !isPersisted(payload)) return message;
  // graphql-ws rejects an operation without a query.
  return isTooDeep(payload) ? null : { ...message, payload: { ...payload, query: '' } };
}

function parseJson(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return null;
  }
}

const isTooDeep = (payload: SocketMessage): boolean => isDeeperThan(payload as JsonValue, MAX_DEPTH);

const isPersisted = ({ documentId, id, extensions }: SocketMessage): boolean =>
  documentId !== undefined || id !== undefined || (isRecord(extensions) && extensions.persistedQuery !== undefined);

/** Ignores case: clients spell the name differently. */
function authorizationIn(params: SocketMessage): string | undefined {
  const value = Object.entries(params).find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  return typeof value === 'string' ? value : undefined;
}
