/**
 * Announcements between gateways: short texts over pub/sub, one channel a purpose. They may be lost or repeated: a listener
 * takes them for hints, and checks.
 */
import type { Redis } from 'ioredis';
import type { FleetMetrics } from '../observability/fleet-metrics.ts';
import type { Complaints } from './complaints.ts';
import { createConnection } from './connection.ts';
import { isReplyError, type Valkey } from './valkey.ts';

export interface Announcements {
  /** Sends to all gateways, including this one. Never rejects. */
  announce(purpose: string, payload: string): Promise<unknown>;
  /** Returns a function that removes the listener. One listener a purpose. */
  listen(purpose: string, listener: (payload: string) => void): () => void;
  close(): void;
}

export interface AnnouncementsOptions {
  readonly url: string;
  readonly timeoutMs: number;
  readonly valkey: Valkey;
  readonly metrics: FleetMetrics;
  readonly complaints: Complaints;
}

const CHANNEL = 'stepgate:';
/** Interval at which the listening connection is pinged, and refused subscriptions are repeated. */
const CHECK_MS = 5000;

const channelOf = (purpose: string): string => `${CHANNEL}${purpose}`;

export async function createAnnouncements({
  url,
  timeoutMs,
  valkey,
  metrics,
  complaints,
}: AnnouncementsOptions): Promise<Announcements> {
  const listeners = new Map<string, (payload: string) => void>();
  let isRefused = false;
  async function subscribe(redis: Redis, channels: readonly string[]): Promise<void> {
    if (channels.length === 0) return;
    try {
      await redis.subscribe(...channels);
    } catch (error) {
      // After a lost connection, `whenReady` subscribes again.
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
    timeoutMs,
    name: 'stepgate-listener',
    whenReady: subscribeToAll,
    complaints,
  });
  redis.on('message', (channel: string, payload: string) => {
    listeners.get(channel)?.(payload);
  });
  const check = setInterval(() => {
    if (redis.status !== 'ready') return;
    if (isRefused) subscribeToAll(redis);
    // Without an answer the client replaces the connection.
    redis.ping().catch(() => undefined);
  }, CHECK_MS).unref();

  return {
    announce: (purpose, payload) => valkey.run('PUBLISH', (commands) => commands.publish(channelOf(purpose), payload)),
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
