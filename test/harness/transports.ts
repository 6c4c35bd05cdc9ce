/** Sends one operation over each of the transports, and returns its one answer. */
import { postTo } from './gateway.ts';
import { openSocket, openStream, searchOf, type Payload } from './live-client.ts';

export const TRANSPORTS = ['HTTP POST', 'HTTP GET', 'graphql-ws', 'graphql-sse'] as const;
export type AnyTransport = (typeof TRANSPORTS)[number];

type Fields = Readonly<Record<string, unknown>>;

/** `request`: the fields that a client sends, such as the query or its name, variables, extensions. */
export async function send(
  transport: AnyTransport,
  gatewayUrl: string,
  request: Fields,
  key = 'key-1',
): Promise<Payload> {
  if (transport === 'HTTP POST' || transport === 'HTTP GET') {
    return (await (await sendByHttp(transport, gatewayUrl, request, key)).json()) as Payload;
  }
  const client =
    transport === 'graphql-sse'
      ? await openStream(gatewayUrl, request, key)
      : await openSocket(gatewayUrl, { authorization: `Bearer ${key}` });
  if ('subscribe' in client) client.subscribe(request);
  const frame = await client.next();
  client.cut();
  if (frame.type === 'next') return frame.payload;
  if (frame.type === 'error') return { errors: frame.errors };
  throw new Error(`expected an answer, got ${JSON.stringify(frame)}`);
}

export function sendByHttp(
  transport: 'HTTP POST' | 'HTTP GET',
  gatewayUrl: string,
  request: Fields,
  key = 'key-1',
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  if (transport === 'HTTP POST') return postTo(gatewayUrl, request, { key, headers });
  return fetch(`${gatewayUrl}/graphql${searchOf(request)}`, {
    headers: { authorization: `Bearer ${key}`, ...headers },
  });
}
