import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

describe('the required Node version', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'require-node-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  // The server's `shouldUpgradeCallback` came with 24.9.
  it.each([
    ['22.20.0', 1],
    ['24.8.0', 1],
    ['24.9.0', 0],
    ['26.0.0', 0],
  ])('is checked before npm scripts: under %s exits with %i', (version, code) => {
    const preload = join(folder, 'version.cjs');
    writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });`);
    const check = ['--require', preload, 'tools/build/require-node.cjs'];
    const { status, stderr } = spawnSync(process.execPath, check, { encoding: 'utf8' });
    expect(status).toBe(code);
    expect(stderr).toEqual(
      code === 0 ? '' : expect.stringContaining(`needs Node 24.9 or newer, but this is Node ${version}`),
    );
  });

  it('is checked before the program runs with its arguments', () => {
    const words = ['tools/build/require-node.cjs', 'src/main.ts', '--version'];
    const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };
    expect(stdout).toBe(`${version}\n`);
  });

  it('is named by the program under an older one, which stops', () => {
    const file = 'bin/stepgate.cjs';
    const preload = join(folder, 'version.cjs');
    writeFileSync(preload, "Object.defineProperty(process, 'versions', { value: { node: '20.0.0' } });");
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', preload, file], { encoding: 'utf8' });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('Stepgate needs Node 24.9 or newer, but this is Node 20.0.0. Install Node 24');
  });

  it('runs the sources without development packages, even next to a former bundle', () => {
    for (const name of ['tools/build', 'src', 'package-lock.json'])
      cpSync(name, join(folder, name), { recursive: true });
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist/main.js'), '');
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'tools/build/build-programs.ts')], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(readdirSync(join(folder, 'dist'))).toEqual([]);
  });
});
