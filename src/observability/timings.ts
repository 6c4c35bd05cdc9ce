/** Histograms that cost a loop over a few numbers: prom-client copies and hashes the labels of each observation. */
import type { Histogram, Registry } from 'prom-client';

/** Notes that something took so long, under one value of the label. */
export type Observe = (label: string, seconds: number) => void;

interface Timings {
  /** By bucket, each without those below it; the last is for what took longer than any. */
  readonly counts: number[];
  seconds: number;
}

/** `bounds` are in seconds, ascending. A label shows from its first observation on. */
export function createTimings(
  registry: Registry,
  name: string,
  help: string,
  labelName: string,
  bounds: readonly number[],
): Observe {
  const byLabel = new Map<string, Timings>();

  const valuesOf = ([label, { counts, seconds }]: [string, Timings]) => {
    const labels = { [labelName]: label };
    let below = 0;
    const buckets = counts.map((count, index) => {
      below += count;
      return { metricName: `${name}_bucket`, value: below, labels: { ...labels, le: bounds[index] ?? '+Inf' } };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, value: seconds, labels },
      { metricName: `${name}_count`, value: below, labels },
    ];
  };

  // All that a registry asks of a metric, though its type says more.
  const metric = {
    name,
    get: () => Promise.resolve({ name, help, type: 'histogram', values: [...byLabel].flatMap(valuesOf) }),
  };
  registry.registerMetric(metric as unknown as Histogram);

  return (label, seconds) => {
    let timings = byLabel.get(label);
    if (!timings) byLabel.set(label, (timings = { counts: new Array<number>(bounds.length + 1).fill(0), seconds: 0 }));
    let bucket = 0;
    // False beyond the last bound, too.
    while (seconds > (bounds[bucket] ?? Infinity)) bucket += 1;
    timings.counts[bucket] = (timings.counts[bucket] ?? 0) + 1;
    timings.seconds += seconds;
  };
}
