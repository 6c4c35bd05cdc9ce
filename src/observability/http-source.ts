/** The HTTP request that brought an operation, and what is read of it for log lines and spans. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** For a WebSocket, the request of its handshake: its operations have no response of their own. */
export interface HttpSource {
  readonly request: IncomingMessage;
  readonly response?: ServerResponse;
}

/** What trusted proxies may say about the client. */
export interface ClientFacts {
  readonly addressOf: (request: IncomingMessage) => string;
  readonly schemeOf: (request: IncomingMessage) => 'http' | 'https';
}
