/**
 * Announcements between gateways: short strings over pub/sub, one channel per purpose. They may be lost or repeated, so
 * listeners treat them as hints and check.
 */
import type { FleetMetrics } from '../observability/fleet-metrics.ts';
import type { Complaints } from './complaints.ts';
import { createConnection } from './connection.ts';
import { PREFIX } from './fleet-keys.ts';
import { isReplyError, type Valkey } from './valkey.ts';

export interface Announcements {
  /** Sends to all gateways, including this one. Never rejects. */
  announce(purpose: string, payload: string): Promise<unknown>;
  /** One listener per purpose. */
  listen(purpose: string, listener: (payload: string) => void): void;
  close(): void;
}

export interface AnnouncementsOptions {
  readonly url: string;
  readonly timeoutMs: number;
  readonly valkey: Valkey;
  readonly metrics: FleetMetrics;
  readonly complaints: Complaints;
}

const CHANNEL = `${PREFIX}:`;
/** Resubscribes to all channels: a rejected one may be allowed by now, and a dead connection doesn't respond. */
const REPEAT_MS = 5000;

const channelOf = (purpose: string): string => `${CHANNEL}${purpose}`;

export async function createAnnouncements({
  url,
  timeoutMs,
  valkey,
  metrics,
  complaints,
}: AnnouncementsOptions): Promise<Announcements> {
  const listeners = new Map<string, (payload: string) => void>();

  async function subscribe(): Promise<void> {
    if (redis.status !== 'ready' || listeners.size === 0) return;
    try {
      await redis.subscribe(...listeners.keys());
    } catch (error) {
      // After a lost connection, `whenReady` resubscribes.
      if (!isReplyError(error)) return;
      complaints.refused('SUBSCRIBE', error);
      metrics.command('SUBSCRIBE', 'refused', null);
    }
  }

  const redis = await createConnection({
    url,
    timeoutMs,
    name: 'stepgate-listener',
    whenReady: () => void subscribe(),
    complaints,
  });
  redis.on('message', (channel: string, payload: string) => {
    listeners.get(channel)?.(payload);
  });
  const repeated = setInterval(() => void subscribe(), REPEAT_MS).unref();

  return {
    announce: (purpose, payload) => valkey.run('PUBLISH', (commands) => commands.publish(channelOf(purpose), payload)),
    listen(purpose, listener) {
      listeners.set(channelOf(purpose), listener);
      void subscribe();
    },
    close() {
      clearInterval(repeated);
      redis.disconnect();
    },
  };
}
