import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Histogram, Registry } from 'prom-client';
import { createTimings } from '../../src/observability/timings.ts';

const BOUNDS = [0.001, 0.05, 0.1, 1, 30];

describe('timings', () => {
  it("are told as prom-client's own histogram tells the same ones", async () => {
    // Eighths add up without a rounding error, in whatever order; the bounds themselves are of the most interest.
    const seconds = fc.oneof(
      fc.constantFrom(...BOUNDS),
      fc.nat(400).map((eighths) => eighths / 8),
    );
    const observation = fc.tuple(fc.constantFrom('http', 'graphql-ws'), seconds);
    await fc.assert(
      fc.asyncProperty(fc.array(observation), async (observations) => {
        const [ours, theirs] = [new Registry(), new Registry()];
        const observe = createTimings(ours, 'took_seconds', 'How long', 'transport', BOUNDS);
        const registers = [theirs];
        const histogram = new Histogram({
          name: 'took_seconds',
          help: 'How long',
          labelNames: ['transport'],
          buckets: BOUNDS,
          registers,
        });
        for (const [transport, taken] of observations) {
          observe(transport, taken);
          histogram.observe({ transport }, taken);
        }
        expect(linesOf(await ours.metrics())).toEqual(linesOf(await theirs.metrics()));
      }),
    );
  });
});

/** In an order of their own: that of samples and of labels means nothing. */
function linesOf(text: string): string[] {
  const sortLabels = (labels: string) => labels.slice(1, -1).split(',').sort().join(',');
  return text
    .split('\n')
    .map((line) => line.replace(/\{.*\}/, (labels) => `{${sortLabels(labels)}}`))
    .sort();
}
