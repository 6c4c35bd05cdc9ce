/** prom-client's instruments, created in one registry. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const BREAKER_STATES = ['closed', 'half_open', 'open'] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

export type Instruments = ReturnType<typeof createInstruments>;

export function createInstruments(registry: Registry) {
  const registers = [registry];

  return {
    counter: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Counter({ name, help, labelNames, registers }),
    gauge: <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Gauge({ name, help, labelNames, registers }),
    histogram: <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
      new Histogram({ name, help, labelNames, buckets, registers }),
    /** Read at each scrape. */
    watched: (name: string, help: string, read: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      }),
    /** 1 for the current state of a circuit breaker, 0 for the others. */
    breaker: (name: string, help: string, read: () => BreakerState) =>
      new Gauge({
        name,
        help: `1 for the current state of the circuit breaker ${help}, 0 for the others`,
        labelNames: ['state'],
        registers,
        collect() {
          for (const state of BREAKER_STATES) this.set({ state }, state === read() ? 1 : 0);
        },
      }),
  };
}
