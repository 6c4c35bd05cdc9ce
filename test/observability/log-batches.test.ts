import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { LogBatches } from '../../src/observability/log-batches.ts';

/** Takes down what is written, write by write. */
function startStream() {
  const writes: string[] = [];
  const batches = new LogBatches({
    write: (bytes) => writes.push(bytes.toString()),
    flush: (done) => {
      writes.push('(flushed)');
      done();
    },
    flushSync: () => void writes.push('(flushed)'),
  });
  return { batches, writes };
}

describe('batches of lines', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('write a line at once where there was none for a second, and those after it together, a second later', () => {
    const { batches, writes } = startStream();
    batches.write('a\n');
    expect(writes).toEqual(['a\n']);
    jest.advanceTimersByTime(400);
    batches.write('b\n');
    batches.write('c\n');
    jest.advanceTimersByTime(599);
    expect(writes).toEqual(['a\n']);
    jest.advanceTimersByTime(1);
    expect(writes).toEqual(['a\n', 'b\nc\n']);
    jest.advanceTimersByTime(1000);
    batches.write('d\n');
    expect(writes).toEqual(['a\n', 'b\nc\n', 'd\n']);
  });

  it('are written before the stream is flushed, and before the process ends', () => {
    const { batches, writes } = startStream();
    const listeners = process.listenerCount('exit');
    batches.write('a\n');
    batches.write('b\n');
    batches.flush(() => writes.push('(done)'));
    batches.write('c\n');
    expect(process.listenerCount('exit')).toBe(listeners + 1);
    process.listeners('exit')[0]?.(0);
    expect(writes).toEqual(['a\n', 'b\n', '(flushed)', '(done)', 'c\n', '(flushed)']);
    expect(process.listenerCount('exit')).toBe(listeners);
  });

  it('lose no byte of any line, keep their order, and are never split within a character', () => {
    const line = fc
      .tuple(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom(1, 50, 5000, 40_000))
      .map(([text, times]) => `${text.repeat(times)}\n`);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        const { batches, writes } = startStream();
        for (const one of lines) batches.write(one);
        batches.flushSync();
        expect(writes.slice(0, -1).join('')).toBe(Buffer.from(lines.join('')).toString());
      }),
      { numRuns: 60 },
    );
  });
});
