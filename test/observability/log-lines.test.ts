import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLineWriter, type Level } from '../../src/observability/log-lines.ts';
import { createLogger, flushed, type Logger } from '../../src/observability/logger.ts';

const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error'];

describe('lines past pino', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'stepgate-log-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** The lines, without the time, which moves on from one to the next. */
  async function linesOf(logger: Logger, file: string): Promise<string[]> {
    await flushed(logger);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    for (const line of lines) expect(typeof (JSON.parse(line) as { readonly time: unknown }).time).toBe('number');
    return lines.map((line) => line.replace(/"time":\d+/, '"time":0'));
  }

  it('are those that pino writes, of a child as of the logger itself', async () => {
    const file = join(folder, 'log');
    const root = createLogger('info', file);
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.constant(null), fc.array(fc.string()));
    const fields = fc.record({ requestId: value, operationName: value, durationMs: fc.nat() });
    const samples = fc.sample(fc.tuple(fc.constantFrom(...LEVELS), fields), 200);
    for (const logger of [root, root.child({ part: 'x"y' })]) {
      const write = createLineWriter(logger);
      for (const [level, sample] of samples) {
        write(level, sample, 'operation');
        logger[level](sample, 'operation');
      }
    }
    const lines = await linesOf(root, file);
    const shown = 2 * samples.filter(([level]) => level !== 'debug').length;
    expect(shown).toBeGreaterThan(100);
    expect(lines).toHaveLength(2 * shown);
    for (let pair = 0; pair < lines.length; pair += 2) expect(lines[pair]).toBe(lines[pair + 1]);
  });
});
