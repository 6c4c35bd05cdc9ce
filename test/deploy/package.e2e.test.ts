/** What `npm pack` puts into the package, and what it leaves behind. */
import { spawnSync } from 'node:child_process';
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

  it('contains the program, library, page and schema, but no docs', () => {
    const expected = ['LICENSE', 'README.md', 'bin', 'dist', 'package.json', 'schema.graphql'];
    // A clone doesn't have `dist` before its first build.
    expect(paths.filter((path) => !expected.includes(path.split('/', 1)[0] ?? ''))).toEqual([]);
    expect(paths).toEqual(expect.arrayContaining(expected.filter((path) => path.includes('.') || path === 'LICENSE')));
    expect(paths.filter((path) => /\.map$|\.sources\.txt$/.test(path))).toEqual([]);
  });

  it('contains neither tests nor nested packages', () => {
    expect(paths.filter((path) => /(?:^|\/)(?:test|node_modules)\/|.\/package(?:-lock)?\.json$/.test(path))).toEqual(
      [],
    );
  });

  it('is ignored by Git', () => {
    expect(run('git', 'check-ignore', filename).trim()).toBe(filename);
  });
});
