/** Metrics of the shared tier. Registered only with REDIS_URL. */
import type { BreakerState, Instruments } from './instruments.ts';

const SHARED_READS = ['hit', 'miss', 'unavailable', 'unreadable'] as const;
type SharedRead = (typeof SHARED_READS)[number];

/** Refused: Valkey returned an error. Error: the connection was lost. Skipped: the command wasn't sent. */
const COMMAND_OUTCOMES = ['ok', 'refused', 'timeout', 'error', 'skipped'] as const;
export type CommandOutcome = (typeof COMMAND_OUTCOMES)[number];

const LEASE_OUTCOMES = ['acquired', 'taken', 'lost'] as const;
type LeaseOutcome = (typeof LEASE_OUTCOMES)[number];

export type FleetMetrics = ReturnType<typeof createFleetMetrics>;

const COMMAND_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];

export function createFleetMetrics({ counter, histogram, breaker }: Instruments) {
  const commands = counter('stepgate_valkey_commands_total', 'Commands to Valkey by outcome', ['command', 'outcome']);
  const durations = histogram(
    'stepgate_valkey_command_duration_seconds',
    'Duration of commands to Valkey',
    ['command'],
    COMMAND_BUCKETS,
  );
  const reads = counter('stepgate_shared_reads_total', 'Reads of the shared tier by result', ['result']);
  const leases = counter(
    'stepgate_leases_total',
    'Leases of upstream calls: acquired, taken by another gateway, or lost before their release',
    ['outcome'],
  );
  // rate() misses the first increase of a series that doesn't begin at 0.
  for (const result of SHARED_READS) reads.inc({ result }, 0);
  for (const outcome of COMMAND_OUTCOMES) commands.inc({ command: 'PING', outcome }, 0);
  for (const outcome of LEASE_OUTCOMES) leases.inc({ outcome }, 0);

  return {
    /** `seconds` is null for a command that wasn't sent. */
    command(command: string, outcome: CommandOutcome, seconds: number | null) {
      commands.inc({ command, outcome });
      if (seconds !== null) durations.observe({ command }, seconds);
    },
    sharedRead(result: SharedRead) {
      reads.inc({ result });
    },
    lease(outcome: LeaseOutcome) {
      leases.inc({ outcome });
    },
    /** Call it once. */
    watchBreaker(read: () => BreakerState) {
      breaker('stepgate_valkey_breaker', 'before Valkey', read);
    },
  };
}
