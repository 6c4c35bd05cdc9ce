/** Metrics of the shared tier. Registered only with REDIS_URL. */
import type { BreakerState, Instruments } from './instruments.ts';

const SHARED_READS = ['hit', 'miss', 'unavailable', 'unreadable'] as const;
type SharedRead = (typeof SHARED_READS)[number];

/** Refused: Valkey answers an error. Error: the connection is lost. Skipped: the command was not sent. */
const COMMAND_OUTCOMES = ['ok', 'refused', 'timeout', 'error', 'skipped'] as const;
export type CommandOutcome = (typeof COMMAND_OUTCOMES)[number];

const LEASE_OUTCOMES = ['acquired', 'taken', 'lost'] as const;
type LeaseOutcome = (typeof LEASE_OUTCOMES)[number];

/** Alone: Valkey does not answer, so the gateway polls for its own subscribers. */
export type PollerRole = 'leader' | 'follower' | 'alone';

export type FleetMetrics = ReturnType<typeof createFleetMetrics>;

const COMMAND_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];

export function createFleetMetrics({ counter, histogram, labelled, breaker }: Instruments) {
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
    'Leases by purpose: acquired, taken by another gateway, or lost before their release',
    ['purpose', 'outcome'],
  );
  // rate() misses the first increase of a series that does not begin at 0.
  for (const result of SHARED_READS) reads.inc({ result }, 0);
  for (const outcome of COMMAND_OUTCOMES) commands.inc({ command: 'TIME', outcome }, 0);
  for (const purpose of ['call', 'poll']) for (const outcome of LEASE_OUTCOMES) leases.inc({ purpose, outcome }, 0);

  return {
    /** `seconds` is null for a command that was not sent. */
    command(command: string, outcome: CommandOutcome, seconds: number | null) {
      commands.inc({ command, outcome });
      if (seconds !== null) durations.observe({ command }, seconds);
    },
    sharedRead(result: SharedRead) {
      reads.inc({ result });
    },
    lease(purpose: string, outcome: LeaseOutcome) {
      leases.inc({ purpose, outcome });
    },
    /** Call it once. */
    watchPollers(read: () => Readonly<Record<PollerRole, number>>) {
      const help = 'Live pollers by role: leaders poll, followers read announcements of leaders, the others poll alone';
      labelled('stepgate_fleet_pollers', help, 'role', read);
    },
    /** Call it once. */
    watchBreaker(read: () => BreakerState) {
      breaker('stepgate_valkey_breaker', 'before Valkey', read);
    },
  };
}
