/** Builds files of `dist` if their sources have changed. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
const DIST = join(ROOT, 'dist');

export interface Build {
  /** A folder of `dist` whose other files are removed. */
  readonly folder: string;
  /** Whether it is built from this file, such as `src/main.ts`. */
  readonly isSource: (path: string) => boolean;
  /** Writes into a folder what belongs into `dist`. */
  readonly build: (target: string) => Promise<void>;
}

/** The paths of all files below a folder, relative to another, with `/`. */
async function filesBelow(folder: string, start: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => relative(start, join(parentPath, name)).replaceAll(sep, '/')).sort();
}

/** A digest of the content: a checkout may change file times in both directions. */
async function digestSources(isSource: (path: string) => boolean): Promise<string> {
  const digest = createHash('sha256');
  for (const path of [...(await filesBelow(join(ROOT, 'src'), ROOT)).filter(isSource), 'package-lock.json'])
    digest.update(`${path}\n`).update(await readFile(join(ROOT, path)));
  return digest.digest('hex');
}

/** Moves the new files one by one: a gateway may be reading `dist`, or another process building the same. */
async function replace({ folder, build }: Build): Promise<void> {
  await mkdir(DIST, { recursive: true });
  const target = await mkdtemp(join(DIST, 'new-'));
  try {
    await build(target);
    const files = await filesBelow(target, target);
    for (const path of files) {
      await mkdir(dirname(join(DIST, path)), { recursive: true });
      await rename(join(target, path), join(DIST, path));
    }
    const former = await filesBelow(join(DIST, folder), DIST);
    for (const path of former) if (!files.includes(path)) await rm(join(DIST, path), { force: true });
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

const isInstalled = (name: string): boolean => {
  try {
    return import.meta.resolve(name) !== '';
  } catch {
    return false;
  }
};

/** Returns whether the files are current: Vite is a development package, and without it nothing is built. */
export async function buildIfChanged(build: Build): Promise<boolean> {
  const stamp = join(DIST, `${build.folder}.sources.txt`);
  const digest = await digestSources(build.isSource);
  if ((await readFile(stamp, 'utf8').catch(() => null)) === digest) return true;
  if (!isInstalled('vite')) return false;
  await replace(build);
  await writeFile(stamp, digest);
  return true;
}
