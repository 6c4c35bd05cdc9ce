/**
 * An upstream that writes to the plain response, for answers that no framework would send. It closes no connection by
 * itself.
 */
import { createServer, type RequestListener } from 'node:http';
import { listen, stop } from '../harness/local-server.ts';

export class RawUpstream {
  /** Answers requests from now on. */
  answer: RequestListener = (_, response) => response.end('[]');
  connectionCount = 0;
  readonly #server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    this.answer(request, response);
  });
  #port = 0;

  async open(): Promise<void> {
    this.#server.on('connection', () => (this.connectionCount += 1));
    this.#port = await listen(this.#server);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  close(): Promise<void> {
    return stop(this.#server);
  }
}
