/** Metrics of the shared tier. Registered only where REDIS_URL is set. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export const BREAKER_STATES = ['closed', 'half_open', 'open'] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

export const SHARED_READS = ['hit', 'miss', 'unavailable', 'unreadable'] as const;
export type SharedRead = (typeof SHARED_READS)[number];

/** Refused: Valkey answers an error. Error: the connection is lost. Skipped: it was not sent. */
export const COMMAND_OUTCOMES = ['ok', 'refused', 'timeout', 'error', 'skipped'] as const;
export type CommandOutcome = (typeof COMMAND_OUTCOMES)[number];

export const LEASE_OUTCOMES = ['acquired', 'taken', 'lost'] as const;
export type LeaseOutcome = (typeof LEASE_OUTCOMES)[number];

/** Alone: Valkey does not say which gateway polls, so each polls for its own subscribers. */
export const POLLER_ROLES = ['leader', 'follower', 'alone'] as const;
export type PollerRole = (typeof POLLER_ROLES)[number];

export interface FleetMetrics {
  /** `seconds` is null for a command that was not sent. */
  command(command: string, outcome: CommandOutcome, seconds: number | null): void;
  sharedRead(outcome: SharedRead): void;
  lease(purpose: string, outcome: LeaseOutcome): void;
  /** To be called once. */
  watchBreaker(read: () => BreakerState): void;
  /** To be called once. */
  watchPollers(read: () => Readonly<Record<PollerRole, number>>): void;
}

const COMMAND_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25];

export function createFleetMetrics(registry: Registry): FleetMetrics {
  const registers = [registry];
  const commands = new Counter({
    name: 'stepgate_valkey_commands_total',
    help: 'Commands to Valkey by outcome',
    labelNames: ['command', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'stepgate_valkey_command_duration_seconds',
    help: 'Duration of commands to Valkey',
    labelNames: ['command'],
    buckets: COMMAND_BUCKETS,
    registers,
  });
  const reads = new Counter({
    name: 'stepgate_shared_reads_total',
    help: 'Reads of the shared tier by result',
    labelNames: ['result'],
    registers,
  });
  const leases = new Counter({
    name: 'stepgate_leases_total',
    help: 'Leases by purpose: acquired, taken by another gateway, or lost before their release',
    labelNames: ['purpose', 'outcome'],
    registers,
  });
  // rate() misses the first increase of a series that does not begin at 0.
  for (const result of SHARED_READS) reads.inc({ result }, 0);
  for (const outcome of COMMAND_OUTCOMES) commands.inc({ command: 'TIME', outcome }, 0);
  for (const purpose of ['call', 'poll']) for (const outcome of LEASE_OUTCOMES) leases.inc({ purpose, outcome }, 0);

  return {
    command(command, outcome, seconds) {
      commands.inc({ command, outcome });
      if (seconds !== null) durations.observe({ command }, seconds);
    },
    sharedRead(result) {
      reads.inc({ result });
    },
    lease(purpose, outcome) {
      leases.inc({ purpose, outcome });
    },
    watchPollers(read) {
      new Gauge({
        name: 'stepgate_fleet_pollers',
        help: 'Live pollers by role: leaders poll, followers read what leaders announce, the others poll without Valkey',
        labelNames: ['role'],
        registers,
        collect() {
          const roles = read();
          for (const role of POLLER_ROLES) this.set({ role }, roles[role]);
        },
      });
    },
    watchBreaker(read) {
      new Gauge({
        name: 'stepgate_valkey_breaker',
        help: '1 for the current state of the circuit breaker before Valkey, 0 for the others',
        labelNames: ['state'],
        registers,
        collect() {
          const current = read();
          for (const state of BREAKER_STATES) this.set({ state }, state === current ? 1 : 0);
        },
      });
    },
  };
}
