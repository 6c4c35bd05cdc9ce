/** The ports of `runs/` over Valkey. */
import type { Config } from '../config/config.ts';
import type { SharedPorts } from '../runs/ports.ts';
import type { Fleet } from './fleet.ts';
import { createSharedAnswers } from './shared-answers.ts';
import { createSharedStarts } from './starts/shared-starts.ts';

export function createSharedPorts(
  fleet: Fleet,
  { reauthIntervalMs, upstreamTimeoutMs }: Pick<Config, 'reauthIntervalMs' | 'upstreamTimeoutMs'>,
): SharedPorts & { close(): Promise<void> } {
  const answers = createSharedAnswers(fleet, reauthIntervalMs);
  const starts = createSharedStarts(fleet, upstreamTimeoutMs);
  return {
    answers,
    starts,
    async close() {
      starts.close();
      await answers.close();
    },
  };
}
