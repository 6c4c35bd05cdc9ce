/** A gateway over a scripted upstream, for tests of the run page. */
import type { Additions, Overrides } from '../../src/gateway.ts';
import { startUpstream, type ScriptedUpstream, type Script } from './upstream.ts';
import { startGateway, type TestGateway } from './gateway.ts';

export interface PageGateway {
  readonly url: string;
  readonly upstream: ScriptedUpstream;
  stop(): Promise<void>;
  /** Starts a new gateway at the same address. */
  restart(environment?: Readonly<Record<string, string>>): Promise<void>;
  close(): Promise<void>;
}

export async function startPageGateway(
  script: Script,
  environment: Readonly<Record<string, string>> = {},
  overrides: Overrides & Additions = {},
): Promise<PageGateway> {
  const upstream = await startUpstream(script);
  const start = (more: Readonly<Record<string, string>>): Promise<TestGateway> =>
    startGateway({ UPSTREAM_URL: upstream.url, LIVE_TTL_MS: '50', ...environment, ...more }, overrides);
  let gateway = await start({});
  const { url } = gateway;
  return {
    url,
    upstream,
    stop: () => gateway.close(),
    async restart(more = {}) {
      await gateway.close();
      gateway = await start({ ...more, PORT: new URL(url).port });
    },
    async close() {
      await gateway.close();
      await upstream.close();
    },
  };
}
