/** One operation over each of the transports, and the one answer that comes of it. */
import { openSocket, openStream, type Payload } from './live-client.ts';

export const TRANSPORTS = ['HTTP POST', 'HTTP GET', 'graphql-ws', 'graphql-sse'] as const;
export type AnyTransport = (typeof TRANSPORTS)[number];

type Fields = Readonly<Record<string, unknown>>;

/** `request` is what a client would send: a query or its name, variables, extensions. */
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
  // What is refused before the operation is a plain answer.
  if ('status' in client && client.status !== 200) return (await client.body()) as Payload;
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
  const authorization = `Bearer ${key}`;
  if (transport === 'HTTP POST') {
    return fetch(`${gatewayUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization, ...headers },
      body: JSON.stringify(request),
    });
  }
  const parameters = Object.entries(request).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const search = new URLSearchParams(parameters).toString();
  return fetch(`${gatewayUrl}/graphql?${search}`, { headers: { authorization, ...headers } });
}
