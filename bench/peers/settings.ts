/** The settings of every peer, and the line that it prints when it listens. */

const numberOf = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);

export const upstreamUrl = (process.env.UPSTREAM_URL ?? '').replace(/\/$/, '');
export const liveTtlMs = numberOf('LIVE_TTL_MS', 1000);
export const cacheMaxBytes = numberOf('CACHE_MAX_BYTES', 268_435_456);
/** Seconds for which an answer or a resolver's result may be cached, if the peer cannot decide that by run. */
export const cacheTtlSeconds = numberOf('CACHE_TTL_SECONDS', 3600);

export const HOST = '127.0.0.1';

export function announce(port: number): void {
  process.stdout.write(`${JSON.stringify({ url: `http://${HOST}:${port}/graphql` })}\n`);
}
