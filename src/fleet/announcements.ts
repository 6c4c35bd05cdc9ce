/**
 * Announcements between gateways: short texts over pub/sub, one channel a purpose. They may be lost, come twice, or be made up
 * by whoever reaches Valkey: a listener takes them for hints, and checks.
 */
import type { Redis } from 'ioredis';
import type { Logger } from '../observability/logger.ts';
import type { Complaints } from './complaints.ts';
import { within } from './deadline.ts';
import { createConnection } from './connection.ts';
import type { Valkey } from './valkey.ts';

export interface Announcements {
  /** To all gateways, this one included. Resolves with false if Valkey did not take it. */
  announce(purpose: string, payload: string): Promise<boolean>;
  /** Returns the function that ends it. One listener a purpose. */
  listen(purpose: string, listener: (payload: string) => void): () => void;
  close(): void;
}

export interface AnnouncementsOptions {
  readonly url: string;
  readonly timeoutMs: number;
  readonly valkey: Valkey;
  readonly complaints: Complaints;
  readonly logger: Logger;
}

/** A longer payload is not read. */
export const MAX_PAYLOAD_LENGTH = 1024;
const CHANNEL = 'stepgate:';
/** How often the connection that listens is asked whether it is still there. */
const CHECK_MS = 5000;

export const channelOf = (purpose: string): string => `${CHANNEL}${purpose}`;

export async function createAnnouncements({
  url,
  timeoutMs,
  valkey,
  complaints,
  logger,
}: AnnouncementsOptions): Promise<Announcements> {
  const listeners = new Map<string, (payload: string) => void>();
  const subscribe = (redis: Redis, channels: readonly string[]) => {
    // A connection that is lost meanwhile subscribes again when it is back.
    if (channels.length > 0) redis.subscribe(...channels).catch(() => undefined);
  };
  const redis = await createConnection({
    url,
    name: 'stepgate-listener',
    whenReady(ready) {
      subscribe(ready, [...listeners.keys()]);
    },
    complaints,
  });
  redis.on('message', (channel: string, payload: string) => {
    if (payload.length > MAX_PAYLOAD_LENGTH) return;
    try {
      listeners.get(channel)?.(payload);
    } catch (err) {
      // A listener's defect must not end the process: anybody who reaches Valkey can announce anything.
      logger.error({ err, channel }, 'an announcement could not be handled');
    }
  });
  const check = setInterval(() => {
    if (redis.status !== 'ready') return;
    within(timeoutMs * 10, redis.ping()).catch(() => {
      redis.disconnect(true);
    });
  }, CHECK_MS).unref();

  return {
    async announce(purpose, payload) {
      const heard = await valkey.run('PUBLISH', (commands) => commands.publish(channelOf(purpose), payload));
      return heard !== undefined;
    },
    listen(purpose, listener) {
      const channel = channelOf(purpose);
      listeners.set(channel, listener);
      if (redis.status === 'ready') subscribe(redis, [channel]);
      return () => {
        listeners.delete(channel);
        if (redis.status === 'ready') redis.unsubscribe(channel).catch(() => undefined);
      };
    },
    close() {
      clearInterval(check);
      redis.disconnect();
    },
  };
}
