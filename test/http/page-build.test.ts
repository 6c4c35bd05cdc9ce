import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPageSource, type PageSource } from '../../src/http/page/page-build.ts';
import { createLogger } from '../../src/observability/logger.ts';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const logger = createLogger('silent');

describe('the run page', () => {
  let root: string;
  let source: PageSource;

  const write = (name: string, text: string) => writeFile(join(root, 'src', 'web', name), text);
  async function builtScript(): Promise<string> {
    const folder = join(root, 'dist', 'page', 'assets');
    const scripts = (await readdir(folder)).filter((name) => name.endsWith('.js'));
    return (await Promise.all(scripts.map((name) => readFile(join(folder, name), 'utf8')))).join();
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'page-'));
    await mkdir(join(root, 'src', 'web'), { recursive: true });
    await symlink(MODULES, join(root, 'node_modules'), 'junction');
    await writeFile(join(root, 'package-lock.json'), '{}');
    await write('index.html', '<head></head><script type="module" src="./main.js"></script>');
    await write('main.js', 'console.log("first")');
    source = createPageSource({ isBuilder: true, root, logger });
  });
  afterEach(async () => {
    source.close();
    await rm(root, { recursive: true });
  });

  it('is built when it is missing, once for all who wait, and again when its sources have changed', async () => {
    const [page, same] = await Promise.all([source.load(), source.load()]);
    expect(page?.html).toContain('<script');
    expect(await builtScript()).toContain('first');
    expect(same).toBe(page);
    expect(await source.load()).toBe(page);
    await write('main.js', 'console.log("second")');
    // A file of the page is no reason to look at the sources.
    expect(await source.loaded()).toBe(page);
    const next = await source.load();
    expect(await source.loaded()).toBe(next);
    expect(await builtScript()).toContain('second');
    expect(await readdir(join(root, 'dist'))).toEqual(['page']);
  });

  it('is not built again by the next process, even where the project was moved, and served as it is by one that builds none', async () => {
    const built = await source.load();
    await rm(join(root, 'node_modules'), { recursive: true });
    await rename(root, `${root}-moved`);
    root = `${root}-moved`;
    const next = createPageSource({ isBuilder: true, root, logger });
    expect((await next.load())?.html).toBe(built?.html);
    await write('main.js', 'console.log("second")');
    const reader = createPageSource({ isBuilder: false, root, logger });
    expect((await reader.load())?.html).toBe(built?.html);
    expect(await builtScript()).toContain('first');
  });

  it('fails with what the compiler says, leaves nothing behind, and is built once that is mended', async () => {
    await write('main.js', 'console.log(');
    await expect(source.load()).rejects.toThrow(/Vite ended with 1: [^]*main\.js/);
    expect(await readdir(join(root, 'dist'))).toEqual([]);
    await write('main.js', 'console.log("mended")');
    await source.load();
    expect(await builtScript()).toContain('mended');
  });

  it('is none where none was built', async () => {
    expect(await createPageSource({ isBuilder: false, root, logger }).load()).toBeNull();
  });
});
