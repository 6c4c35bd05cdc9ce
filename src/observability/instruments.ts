/** prom-client's instruments, created in one registry. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export type BreakerState = 'closed' | 'half_open' | 'open';

export type Instruments = ReturnType<typeof createInstruments>;

export function createInstruments(registry: Registry) {
  const registers = [registry];

  /** A gauge that is read at each scrape: a number for each value of its label. */
  const labelled = (name: string, help: string, label: string, read: () => Readonly<Record<string, number>>) => {
    const collect = function (this: Gauge) {
      for (const [value, count] of Object.entries(read())) this.set({ [label]: value }, count);
    };
    return new Gauge({ name, help, labelNames: [label], registers, collect });
  };

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
      labelled(name, `1 for the current state of the circuit breaker ${help}, 0 for the others`, 'state', () => {
        const current = read();
        return { closed: 0, half_open: 0, open: 0, [current]: 1 };
      }),
  };
}
