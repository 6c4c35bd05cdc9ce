/** An upstream that writes to the bare response, for answers that no framework would send. It ends no connection by itself. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RawUpstream {
  readonly url: string;
  /** How it answers from now on. */
  answer: RequestListener;
  readonly connectionCount: number;
  close(): Promise<void>;
}

export async function startRawUpstream(
  answer: RequestListener = (_, response) => response.end('[]'),
): Promise<RawUpstream> {
  let connectionCount = 0;
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    upstream.answer(request, response);
  });
  server.on('connection', () => (connectionCount += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstream: RawUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer,
    get connectionCount() {
      return connectionCount;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return upstream;
}
