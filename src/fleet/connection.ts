/** The Valkey client, loaded on first use. It reconnects automatically, and queues nothing meanwhile. */
import type { Redis } from 'ioredis';
import type { Complaints } from './complaints.ts';

const CONNECT_MS = 1000;
/** A silent connection is replaced after this time, or two command timeouts: its other end may be gone. */
const SILENT_MS = 1000;
const MAX_PAUSE_MS = 1000;

export interface ConnectionOptions {
  readonly url: string;
  /** Timeout of a command. */
  readonly timeoutMs: number;
  /** Name in Valkey's CLIENT LIST. */
  readonly name: string;
  /** Called after each connect. */
  readonly whenReady: () => void;
  readonly complaints: Complaints;
}

/** Starts connecting. Commands fail until a connection is open. */
export async function createConnection({
  url,
  timeoutMs,
  name,
  whenReady,
  complaints,
}: ConnectionOptions): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    connectionName: name,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_MS,
    socketTimeout: Math.max(SILENT_MS, 2 * timeoutMs),
    retryStrategy: (attempt) => Math.min(MAX_PAUSE_MS, 50 * attempt),
  });
  redis.on('error', complaints.unreachable);
  redis.on('ready', whenReady);
  return redis;
}
