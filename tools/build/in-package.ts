/**
 * `node tools/build/in-package.ts FOLDER [SCRIPT ARGUMENTS…]`: installs the packages of a folder that has a package.json of
 * its own, unless they are installed, and runs a script of it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export function installIn(folder: string): void {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const installed = join(folder, 'node_modules/.installed.json');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) return;
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund'];
  // Not into standard output, which is the script's.
  execFileSync('npm', ['--prefix', folder, 'ci', ...flags], { stdio: ['ignore', 2, 2] });
  writeFileSync(installed, lock);
}

if (import.meta.main) {
  const [folder = '', script, ...words] = process.argv.slice(2);
  installIn(folder);
  if (script !== undefined) {
    const { status } = spawnSync('npm', ['--prefix', folder, 'run', script, '--', ...words], { stdio: 'inherit' });
    process.exitCode = status ?? 1;
  }
}
