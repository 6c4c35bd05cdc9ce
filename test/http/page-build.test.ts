import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createPageSource, runsFromSource, type PageSource } from '../../src/http/page/page-build.ts';
import { until } from '../harness/fleet.ts';
import { captureLog, type CapturedLog } from '../support/observed.ts';

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

describe('the run page', () => {
  let root: string;
  let log: CapturedLog;
  let source: PageSource;

  const sourceIn = (folder: string, isBuilder = true) =>
    createPageSource({ isBuilder, root: folder, logger: log.logger });
  const told = () => log.lines.map(({ msg }) => msg);
  const inDist = () => readdir(join(root, 'dist')).catch(() => []);
  const write = (name: string, text: string) => writeFile(join(root, 'src', 'web', name), text);
  async function builtScript(): Promise<string> {
    const folder = join(root, 'dist', 'page', 'assets');
    const scripts = (await readdir(folder)).filter((name) => name.endsWith('.js'));
    return (await Promise.all(scripts.map((name) => readFile(join(folder, name), 'utf8')))).join();
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'page-'));
    await mkdir(join(root, 'src', 'web', 'parts'), { recursive: true });
    await symlink(MODULES, join(root, 'node_modules'), 'junction');
    await writeFile(join(root, 'package-lock.json'), '{}');
    await write('index.html', '<head></head><script type="module" src="./main.js"></script>');
    await write('main.js', 'import "./parts/one.js"; import "./parts/two.js"; console.log("first");');
    await write('parts/one.js', 'console.log("one");console.log("both");');
    await write('parts/two.js', 'console.log("two");');
    log = captureLog('info');
    source = sourceIn(root);
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
    await writeFile(join(root, 'src', 'other.js'), 'no part of the page');
    expect(await source.load()).toBe(page);
    // All in all the same text as before.
    await write('parts/one.js', 'console.log("one");');
    await write('parts/two.js', 'console.log("both");console.log("two");');
    // A file of the page is no reason to look at the sources.
    expect(await source.loaded()).toBe(page);
    const next = await source.load();
    expect(next).not.toBe(page);
    expect(await source.loaded()).toBe(next);
    expect(await inDist()).toEqual(['page']);
    expect(told()).toEqual(['built the run page', 'built the run page']);
  });

  it('is not built again by the next process, even where the project was moved, and served as it is by one that builds none', async () => {
    const built = await source.loaded();
    await rm(join(root, 'node_modules'), { recursive: true });
    await rename(root, `${root}-moved`);
    root = `${root}-moved`;
    const next = sourceIn(root);
    expect((await next.load())?.html).toBe(built?.html);
    await write('main.js', 'console.log("second")');
    const reader = sourceIn(root, false);
    const read = await reader.load();
    expect(read?.html).toBe(built?.html);
    expect(await reader.loaded()).toBe(read);
    expect(await builtScript()).toContain('first');
  });

  it('fails with what the compiler says, leaves nothing behind, and is built once that is mended', async () => {
    await write('main.js', 'console.log(');
    await expect(source.load()).rejects.toThrow(/Vite ended with 1: [^]*main\.js/);
    expect(await inDist()).toEqual([]);
    expect(told()).toEqual(['the run page could not be built']);
    await write('main.js', 'console.log("mended")');
    await source.load();
    expect(await builtScript()).toContain('mended');
  });

  it('is built from the same sources where the build was not there at first', async () => {
    const modules = join(root, 'node_modules');
    await rm(modules);
    await expect(source.load()).rejects.toThrow(/Vite ended with 1: [^]*vite\.js/);
    await symlink(MODULES, modules, 'junction');
    expect((await source.load())?.html).toContain('<script');
  });

  it('is not built to its end when the gateway stops, which is no failure', async () => {
    const loading = source.load().catch((error: unknown) => error);
    await until(async () => (await inDist()).length > 0);
    source.close();
    expect(await loading).toMatchObject({ name: 'AbortError' });
    expect(await inDist()).toEqual([]);
    expect(told()).toEqual([]);
  });

  it('is none where none was built', async () => {
    expect(await sourceIn(root, false).load()).toBeNull();
    expect(told()).toEqual(['the run page is not built: `npm run build` builds it']);
  });

  it('is that of the project, for a gateway that runs from source', async () => {
    const { html } = (await createPageSource({ isBuilder: false, logger: log.logger }).load()) ?? {};
    expect(html).toContain('<div id="root">');
    expect(runsFromSource).toBe(true);
  });
});
