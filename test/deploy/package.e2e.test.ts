/** What `npm pack` puts into the package, and what it leaves behind. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = (command: string, ...words: readonly string[]): string =>
  spawnSync(command, words, { cwd: ROOT, encoding: 'utf8' }).stdout;

describe('the package', () => {
  const packed = run('npm', 'pack', '--dry-run', '--json', '--ignore-scripts');
  const [{ filename, files }] = JSON.parse(packed) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ];
  const paths = files.map(({ path }) => path);
  const isThere = (target: string) => paths.some((path) => path === target || path.startsWith(`${target}/`));

  it('The pages of the package link only to files in it', () => {
    const pages = paths.filter((path) => path.endsWith('.md'));
    expect(pages.length).toBeGreaterThan(30);
    const dead = pages.flatMap((page) =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\(([^)\s#]+)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !/^(?:https?|mailto):/.test(link))
        .map((link) => normalize(join(dirname(page), link)).replace(/\/$/, ''))
        .filter((target) => !isThere(target))
        .map((target) => `${page}: ${target}`),
    );
    expect(dead).toEqual([]);
  });

  it('The package has no test and no package of its own inside', () => {
    expect(paths.filter((path) => /(?:^|\/)(?:test|node_modules)\/|.\/package(?:-lock)?\.json$/.test(path))).toEqual(
      [],
    );
  });

  it('Git ignores the file of the package', () => {
    expect(run('git', 'check-ignore', filename).trim()).toBe(filename);
  });
});
