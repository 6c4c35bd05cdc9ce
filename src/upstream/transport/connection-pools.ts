/**
 * Kept-alive connections to the upstream: an agent per viewer. HTTP/1.1 assigns answers to requests only by their
 * order, so a proxy that sends one answer too many shifts all later ones. Therefore no two viewers share a connection.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { LRUCache } from 'lru-cache';
import type { UpstreamProxy } from '../../config/config.ts';

export interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/** Maximum number of connections of viewers without a call. The least recent viewer's connections close first. */
const MAX_IDLE_CONNECTIONS = 256;
/** Time after which unused connections, and agents of viewers without a call, are closed. */
const IDLE_MS = 15_000;

interface Pool {
  readonly agents: Agents;
  callsUnderWay: number;
}

export function createConnectionPools(proxy: UpstreamProxy | null) {
  const pools = new Map<string, Pool>();
  /** Pools of viewers without a call. Only these are closed. */
  const idle = new LRUCache<string, Pool>({
    maxSize: MAX_IDLE_CONNECTIONS,
    sizeCalculation: ({ agents }) => Math.min(Math.max(connectionsOf(agents), 1), MAX_IDLE_CONNECTIONS),
    ttl: IDLE_MS,
    ttlAutopurge: true,
    dispose({ agents }, viewerId, reason) {
      // The viewer calls again.
      if (reason === 'delete') return;
      pools.delete(viewerId);
      closeAgents(agents);
    },
  });

  function poolOf(viewerId: string): Pool {
    idle.delete(viewerId);
    const pool = pools.get(viewerId) ?? { agents: createAgents(true, proxy), callsUnderWay: 0 };
    pools.set(viewerId, pool);
    return pool;
  }

  return {
    async use<T>(viewerId: string, call: (agents: Agents) => Promise<T>): Promise<T> {
      const pool = poolOf(viewerId);
      pool.callsUnderWay += 1;
      try {
        return await call(pool.agents);
      } finally {
        pool.callsUnderWay -= 1;
        if (pool.callsUnderWay === 0) idle.set(viewerId, pool);
      }
    },
    close(): void {
      idle.clear();
      for (const { agents } of pools.values()) closeAgents(agents);
      pools.clear();
    },
  };
}

export function createAgents(keepAlive: boolean, proxy: UpstreamProxy | null): Agents {
  const kept = keepAlive && { keepAlive, timeout: IDLE_MS, maxFreeSockets: MAX_IDLE_CONNECTIONS };
  const options = { ...kept, ...(proxy && { proxyEnv: { ...proxy } }) };
  // A server with HTTP/2 only then refuses at once. Its answer to HTTP/1.1 may look like a missing right.
  return { http: new HttpAgent(options), https: new HttpsAgent({ ...options, ALPNProtocols: ['http/1.1'] }) };
}

/** Number of connections in use and idle. */
const connectionsOf = ({ http, https }: Agents): number =>
  [http.sockets, http.freeSockets, https.sockets, https.freeSockets]
    .flatMap((byOrigin) => Object.values(byOrigin))
    .reduce((sum, sockets) => sum + (sockets?.length ?? 0), 0);

export function closeAgents({ http, https }: Agents): void {
  http.destroy();
  https.destroy();
}
