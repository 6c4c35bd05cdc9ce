/**
 * An upstream that writes to the plain response, for answers that no framework would send. It closes no connection by
 * itself.
 */
import { createServer, type RequestListener } from 'node:http';
import { listen, stop } from './local-server.ts';

export interface RawUpstream {
  readonly url: string;
  /** Answers requests from now on. */
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
  const port = await listen(server);
  const upstream: RawUpstream = {
    url: `http://127.0.0.1:${port}`,
    answer,
    get connectionCount() {
      return connectionCount;
    },
    close: () => stop(server),
  };
  return upstream;
}
