/** The client of Valkey, loaded only where it is used. A connection reconnects by itself, and queues nothing meanwhile. */
import type { Redis } from 'ioredis';
import type { Complaints } from './complaints.ts';

const CONNECT_MS = 1000;
/** A connection that answers nothing for so long is replaced: it may lead nowhere. */
const SILENT_MS = 1000;
const MAX_PAUSE_MS = 1000;

export interface ConnectionOptions {
  readonly url: string;
  /** As Valkey lists it. */
  readonly name: string;
  /** Called each time that it is connected. */
  readonly whenReady: (redis: Redis) => void;
  readonly complaints: Complaints;
}

/** Begins to connect. Errors end in commands that fail. */
export async function createConnection({ url, name, whenReady, complaints }: ConnectionOptions): Promise<Redis> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, {
    connectionName: name,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENT_MS,
    retryStrategy: (attempt) => Math.min(MAX_PAUSE_MS, 50 * attempt),
  });
  redis.on('error', complaints.unreachable);
  redis.on('ready', () => {
    whenReady(redis);
  });
  return redis;
}
