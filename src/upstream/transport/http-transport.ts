/** The upstream over HTTP, with got: JSON at paths below a base URL, with the key in a header. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { type PlainResponse } from 'got';
import { LRUCache } from 'lru-cache';
import type { Config, UpstreamProxy } from '../../config/config.ts';
import { AbandonedError } from '../errors.ts';
import { fieldProblemsIn } from '../wire/refusals.ts';
import { toGatewayError } from './connection-errors.ts';
import { createPlaces, IncomingAnswer } from './incoming-answer.ts';
import { isAnswer, parseRetryAfter, statusError } from './status-errors.ts';
import { isAction, type Transport, type TransportCall } from './transport.ts';

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/** Viewers whose connections are kept. Other connections close by themselves. */
const MAX_VIEWERS = 256;
/** Its body says what is wrong with the answer to a waiting step. */
const UNPROCESSABLE = 422;
/** Time after which an unused connection is closed. */
const IDLE_MS = 15_000;

/** `embeddedUrl` is used without UPSTREAM_URL. */
export function createHttpTransport(config: Config, embeddedUrl = ''): Transport {
  const { upstreamMaxResponseBytes: maxResponseBytes, upstreamTimeoutMs: timeoutMs } = config;
  const { authHeader, headers: fixed } = config.upstreamConnection;
  // Ends with `/`, and may have a path.
  const baseUrl = config.upstreamUrl ?? `${embeddedUrl}/`;
  // The embedded upstream is in this process, so no proxy leads to it.
  const proxy = config.upstreamUrl === null ? null : config.upstreamConnection.proxy;
  const limits = { maxResponseBytes, timeoutMs, places: createPlaces() };
  /** Parts of the header value around the key. */
  const aroundKey = authHeader.template.split('{key}');
  /**
   * Agents by viewer. HTTP/1.1 matches responses to requests only by order, so a proxy that sends one response too many
   * shifts all later ones. Therefore, viewers never share a connection.
   */
  const kept = new LRUCache<string, Agents>({ max: MAX_VIEWERS });
  const unkept = createAgents(false, proxy);
  const http = got.extend({
    // A redirect must not send the key to another host. `resilience.ts` makes the retries, because got doesn't repeat a
    // stream.
    followRedirect: false,
    // Statuses are checked here, because got would first read the whole body of an error, of any size.
    throwHttpErrors: false,
    headers: { 'user-agent': 'stepgate', accept: 'application/json', ...fixed },
  });

  const urlOf = (path: string) => new URL(path, baseUrl);

  function agentsOf({ post, isTrial, viewerId }: TransportCall): Agents {
    // The server may close an idle connection just as a request is sent. A POST must not be sent twice, so it opens its
    // own connection, as does a trial call.
    if (post || isTrial) return unkept;
    const agents = kept.get(viewerId) ?? createAgents(true, proxy);
    kept.set(viewerId, agents);
    return agents;
  }

  return {
    urlOf,
    async send(call) {
      const { path, post, credential, requestId, traceHeaders, signal, answered } = call;
      if (signal.aborted) throw new AbandonedError();
      const headers = { [authHeader.name]: aroundKey.join(credential), 'x-request-id': requestId, ...traceHeaders };
      const acts = isAction(post);
      if (post?.callKey != null) headers['idempotency-key'] = post.callKey;
      const sent = { headers, agent: agentsOf(call) };
      const stream = http.stream(urlOf(path), post ? { ...sent, method: 'POST', json: post.json } : sent);
      const answer = new IncomingAnswer(stream, limits);
      // Set by an event, which the compiler doesn't see.
      let isRefusal = false as boolean;
      stream.once('response', ({ statusCode, headers: received }: PlainResponse) => {
        answered(statusCode);
        // The connection isn't reused: a proxy that has given up on its server may still send that server's late
        // response.
        if (isAnswer(statusCode, acts)) return;
        const retryAfterSeconds = parseRetryAfter(received['retry-after']);
        isRefusal = acts && statusCode === UNPROCESSABLE;
        if (!isRefusal) answer.end(statusError(statusCode, { retryAfterSeconds, isAction: acts }));
      });
      const abandon = () => {
        answer.end(new AbandonedError());
      };
      signal.addEventListener('abort', abandon);
      try {
        const body = await answer.body().catch((error: unknown) => {
          // A rejection whose reasons didn't arrive is still a rejection.
          if (isRefusal) return Buffer.alloc(0);
          throw answer.endedBy ?? toGatewayError(error, proxy !== null);
        });
        if (!isRefusal) return body;
        throw statusError(UNPROCESSABLE, { retryAfterSeconds: null, isAction: acts, fields: fieldProblemsIn(body) });
      } finally {
        signal.removeEventListener('abort', abandon);
      }
    },
    close(): void {
      for (const agents of [...kept.values(), unkept]) {
        agents.http.destroy();
        agents.https.destroy();
      }
    },
  };
}

function createAgents(keepAlive: boolean, proxy: UpstreamProxy | null): Agents {
  const options = { ...(keepAlive && { keepAlive, timeout: IDLE_MS }), ...(proxy && { proxyEnv: { ...proxy } }) };
  // A server with HTTP/2 only then rejects at once. Its response to HTTP/1.1 may look like a missing right.
  return { http: new HttpAgent(options), https: new HttpsAgent({ ...options, ALPNProtocols: ['http/1.1'] }) };
}
