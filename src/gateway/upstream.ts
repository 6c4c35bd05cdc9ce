/** The upstream as the config names it: the operator's own, or the embedded one. */
import type { Config } from '../config/config.ts';
import { createEmbeddedUpstream } from '../embedded-upstream/server.ts';
import type { Observer } from '../observability/observer.ts';
import { createUpstreamClient, type UpstreamApi, type UpstreamClient } from '../upstream/client.ts';
import { createScopedUpstream } from '../upstream/scoped-upstream.ts';

export interface Upstream {
  readonly api: UpstreamApi;
  readonly state: UpstreamClient['state'];
  close(): Promise<void>;
}

export async function connectUpstream(config: Config, observer: Observer, now: () => number): Promise<Upstream> {
  const embedded = config.upstreamUrl === null ? await createEmbeddedUpstream({ port: 0 }) : null;
  const client = createUpstreamClient({
    baseUrl: config.upstreamUrl ?? `${embedded?.url ?? ''}/`,
    timeoutMs: config.upstreamTimeoutMs,
    concurrency: config.upstreamConcurrency,
    endpoints: config.upstreamEndpoints,
    maxResponseBytes: config.upstreamMaxResponseBytes,
    observer,
  });
  return {
    api: config.auth.mode === 'service' ? createScopedUpstream(client, now) : client,
    state: client.state,
    async close() {
      client.close();
      await embedded?.close();
    },
  };
}
