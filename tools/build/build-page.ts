/**
 * Builds the run page into `dist/page` if its sources have changed. With `--development` it is built
 * into `dist/page-development`, with the warnings of React and Apollo Client.
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const DIST = join(ROOT, 'dist');
const MODE = process.argv.includes('--development') ? 'development' : 'production';
const PAGE = join(DIST, MODE === 'production' ? 'page' : `page-${MODE}`);
/** A file of the built page with the digest of its sources. */
const STAMP = 'sources.txt';

/** A digest of the content: a checkout may change file times in both directions. */
async function digestSources(): Promise<string> {
  const entries = await readdir(join(ROOT, 'src', 'web'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const names = files.map(({ parentPath, name }) => relative(ROOT, join(parentPath, name)));
  const digest = createHash('sha256');
  for (const file of [...names.sort(), 'package-lock.json'])
    digest.update(`${file}\n`).update(await readFile(join(ROOT, file)));
  return digest.digest('hex');
}

const readStamp = (): Promise<string | null> => readFile(join(PAGE, STAMP), 'utf8').catch(() => null);

/** Builds in another folder: a gateway may be reading the page, or another process building it. */
async function build(digest: string): Promise<void> {
  const vite = await import('vite');
  await mkdir(DIST, { recursive: true });
  const folder = await mkdtemp(join(DIST, 'page-'));
  try {
    await vite.build({ root: join(ROOT, 'src', 'web'), mode: MODE, logLevel: 'error', build: { outDir: folder } });
    await writeFile(join(folder, STAMP), digest);
    // mkdtemp lets only its owner in; the image runs as another user.
    await chmod(folder, 0o755);
    await rm(PAGE, { recursive: true, force: true });
    await rename(folder, PAGE).catch(async (error: unknown) => {
      if ((await readStamp()) !== digest) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const isInstalled = (name: string): boolean => {
  try {
    return import.meta.resolve(name) !== '';
  } catch {
    return false;
  }
};

// Jest, which also starts this script, has set another value.
process.env.NODE_ENV = MODE;
// Vite is a development package. Without it the gateway explains at `/` how to build the page.
if (isInstalled('vite')) {
  const digest = await digestSources();
  if ((await readStamp()) !== digest) await build(digest);
}
