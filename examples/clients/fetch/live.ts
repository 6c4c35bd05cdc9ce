import { createClient as createStreamClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';

interface Operation {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

export async function* followOverSocket(url: string, key: () => string, operation: Operation) {
  const client = createSocketClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: () => ({ authorization: `Bearer ${key()}` }),
  });
  yield* client.iterate(operation);
}

export async function* followOverStream(url: string, key: () => string, operation: Operation) {
  const client = createStreamClient({ url: `${url}/stream`, headers: () => ({ authorization: `Bearer ${key()}` }) });
  yield* client.iterate(operation);
}
