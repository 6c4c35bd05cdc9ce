/** The ports of `runs/` over Valkey. */
import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { SharedPorts } from '../runs/ports.ts';
import { createIdempotentStarts } from '../runs/starts/idempotent-starts.ts';
import type { After } from '../runs/timer.ts';
import { createSharedTier } from './answers/shared-tier.ts';
import type { Fleet } from './fleet.ts';
import { createSharedStarts } from './starts/shared-starts.ts';
import { createFleetTurns } from './turns.ts';

export interface SharedPortsOptions {
  readonly fleet: Fleet;
  readonly config: Config;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: After;
}

export function createSharedPorts(options: SharedPortsOptions): SharedPorts & { close(): Promise<void> } {
  const { fleet, config, now, after } = options;
  const { reauthIntervalMs, upstreamTimeoutMs } = config;
  const source = sourceOf(config);
  const answers = createSharedTier({ fleet, source, reauthIntervalMs, now, after });
  const turns = createFleetTurns({ ...fleet, after });
  fleet.metrics.watchPollers(() => turns.roles);
  const ownStarts = createIdempotentStarts({ now });
  const starts = createSharedStarts({ fleet, source, ownStarts, upstreamTimeoutMs, now, after });
  return {
    answers,
    turnsOf: ({ id }, key) => turns.of(fleet.keys.names('poll', id, key)[0].text),
    starts,
    async close() {
      starts.close();
      await answers.close();
    },
  };
}

/** What decides the upstream's answers next to the viewer. Each embedded upstream has runs of its own. */
const sourceOf = ({ upstreamUrl, upstreamConnection: { headers } }: Config): string =>
  JSON.stringify([upstreamUrl ?? randomUUID(), Object.entries(headers).sort()]);
