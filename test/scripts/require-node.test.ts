import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  ])('is checked before the npm scripts: under %s the check exits with %i', (version, code) => {
    const preload = join(folder, 'version.cjs');
    writeFileSync(preload, `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });`);
    const check = ['--require', preload, 'scripts/require-node.cjs'];
    const { status, stderr } = spawnSync(process.execPath, check, { encoding: 'utf8' });
    expect(status).toBe(code);
    expect(stderr).toEqual(
      code === 0 ? '' : expect.stringContaining(`needs Node 24.9 or newer, but this is Node ${version}`),
    );
  });

  it('is named by the command, which does nothing else under an older one', () => {
    const preload = join(folder, 'version.cjs');
    writeFileSync(preload, "Object.defineProperty(process, 'versions', { value: { node: '20.0.0' } });");
    const command = ['--require', preload, 'bin/stepgate.cjs'];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('needs Node 24.9 or newer, but this is Node 20.0.0');
  });

  it('is not required to install: npm runs the prepare script, which then does nothing', () => {
    const preload = join(folder, 'version.cjs');
    writeFileSync(preload, "Object.defineProperty(process, 'versions', { value: { node: '20.0.0' } });");
    const { status, stderr } = spawnSync(process.execPath, ['--require', preload, 'scripts/prepare.cjs'], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  });

  it('is enough to install without the development packages: no page is built', () => {
    cpSync('scripts', join(folder, 'scripts'), { recursive: true });
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'scripts', 'prepare.cjs')], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(existsSync(join(folder, 'dist'))).toBe(false);
  });

  it('is the same in package.json, in the command, and in the docs', () => {
    const read = (path: string) => readFileSync(path, 'utf8');
    expect(JSON.parse(read('package.json'))).toMatchObject({ engines: { node: '>=24.9' } });
    for (const path of ['bin/stepgate.cjs', 'README.md', 'CONTRIBUTING.md', 'docs/embedding.md', 'docs/releasing.md']) {
      expect([path, ...(read(path).match(/\b24\.\d+\b/g) ?? [])]).toEqual([path, '24.9']);
    }
  });
});
