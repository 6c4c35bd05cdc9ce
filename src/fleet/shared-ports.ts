/** The ports of `runs/` over Valkey. */
import type { Config } from '../config/config.ts';
import type { SharedPorts } from '../runs/ports.ts';
import { createSharedTier } from './answers/shared-tier.ts';
import type { Fleet } from './fleet.ts';
import { createSharedStarts } from './starts/shared-starts.ts';
import { createFleetTurns } from './turns.ts';

export function createSharedPorts(
  fleet: Fleet,
  { reauthIntervalMs, upstreamTimeoutMs }: Pick<Config, 'reauthIntervalMs' | 'upstreamTimeoutMs'>,
): SharedPorts & { close(): Promise<void> } {
  const answers = createSharedTier(fleet, reauthIntervalMs);
  const turns = createFleetTurns(fleet);
  fleet.metrics.watchPollers(() => turns.roles);
  const starts = createSharedStarts(fleet, upstreamTimeoutMs);
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
