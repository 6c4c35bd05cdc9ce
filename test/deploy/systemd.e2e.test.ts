/** The unit of deploy/systemd. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../src/config/config.ts';
import { readProjectFile } from './compose.ts';
import { findProgram } from '../harness/program.ts';
import { STOP_WITHIN_MS } from './shutdown.ts';

const UNIT = readProjectFile('deploy/systemd/stepgate.service');
const numberOf = (pattern: RegExp): number => Number(pattern.exec(UNIT)?.[1]);

const isThere = findProgram('--version', 'systemd-analyze') !== null;
// In CI a missing program is a failure, and no reason to skip.
const withSystemd = !isThere && process.env.CI === undefined ? describe.skip : describe;

withSystemd(`systemd-analyze${isThere ? '' : ' (skipped: it is not on this machine)'}`, () => {
  const analyze = (command: string, text: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'stepgate-unit-'));
    const file = join(folder, 'stepgate.service');
    // The command is not installed here.
    writeFileSync(file, text.replace('/usr/local/bin/stepgate', process.execPath));
    const { status, stdout, stderr } = spawnSync('systemd-analyze', [...command.split(' '), file], {
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    return { status, printed: stdout + stderr };
  };

  it('reports no problem when it verifies the unit', () => {
    expect(analyze('verify --man=no', UNIT)).toEqual({ status: 0, printed: '' });
    expect(analyze('verify --man=no', UNIT.replace('DynamicUser', 'DynamicUsr')).printed).toContain('DynamicUsr');
  });

  it('scores the exposure of the unit below 2.0', () => {
    expect(analyze('security --offline=true --threshold=20', UNIT)).toMatchObject({ status: 0 });
  });
});

describe('the systemd unit', () => {
  it('gives the gateway enough time to stop, and the documented memory', () => {
    expect(numberOf(/^TimeoutStopSec=(\d+)$/m) * 1000).toBeGreaterThan(STOP_WITHIN_MS);
    expect(numberOf(/^MemoryMax=(\d+)M$/m) * 2 ** 20).toBeGreaterThan(1.5 * readConfig({}).cacheMaxBytes + 800e6);
    expect(numberOf(/^LimitNOFILE=(\d+)$/m)).toBeGreaterThan(2 * readConfig({}).maxConnections);
  });
});
