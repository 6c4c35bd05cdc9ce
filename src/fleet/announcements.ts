/**
 * Announcements between gateways: short texts over pub/sub, one channel a purpose. They may be lost, come twice, or be made up
 * by whoever reaches Valkey: a listener takes them for hints, and checks.
 */
import type { Redis } from 'ioredis';
import type { FleetMetrics } from '../observability/fleet-metrics.ts';
import type { Logger } from '../observability/logger.ts';
import type { Complaints } from './complaints.ts';
import { within } from './deadline.ts';
import { createConnection } from './connection.ts';
import { isReplyError, type Valkey } from './valkey.ts';

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
  readonly metrics: FleetMetrics;
  readonly complaints: Complaints;
  readonly logger: Logger;
  readonly checkMs?: number;
}

/** A longer payload is not read. */
const MAX_PAYLOAD_LENGTH = 1024;
const CHANNEL = 'stepgate:';
/** How often the connection that listens is asked whether it is still there. What was refused is asked for again. */
const CHECK_MS = 5000;

const channelOf = (purpose: string): string => `${CHANNEL}${purpose}`;

export async function createAnnouncements({
  url,
  timeoutMs,
  valkey,
  metrics,
  complaints,
  logger,
  checkMs = CHECK_MS,
}: AnnouncementsOptions): Promise<Announcements> {
  const listeners = new Map<string, (payload: string) => void>();
  let isRefused = false;
  async function subscribe(redis: Redis, channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    try {
      await redis.subscribe(...channels);
    } catch (error) {
      // A connection that is lost meanwhile subscribes again when it is back.
      if (!isReplyError(error)) return;
      isRefused = true;
      complaints.refused('SUBSCRIBE', error);
      metrics.command('SUBSCRIBE', 'refused', null);
    }
  }
  function subscribeToAll(redis: Redis): void {
    isRefused = false;
    void subscribe(redis, [...listeners.keys()]);
  }
  const redis = await createConnection({
    url,
    name: 'stepgate-listener',
    whenReady: subscribeToAll,
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
    if (isRefused) subscribeToAll(redis);
    within(timeoutMs * 10, redis.ping()).catch(() => {
      redis.disconnect(true);
    });
  }, checkMs).unref();

  return {
    async announce(purpose, payload) {
      const heard = await valkey.run('PUBLISH', (commands) => commands.publish(channelOf(purpose), payload));
      return heard !== undefined;
    },
    listen(purpose, listener) {
      const channel = channelOf(purpose);
      listeners.set(channel, listener);
      if (redis.status === 'ready') void subscribe(redis, [channel]);
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
