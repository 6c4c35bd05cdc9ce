/**
 * The run page's files. A gateway that runs from source builds them when their sources have changed; any other serves the
 * existing build.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../../observability/logger.ts';
import { createAssetFiles, type FindAsset } from './asset-files.ts';

/** Of the project: the same from `src/http/page` and from `dist/http/page`. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Beside the built page: the digest of the sources that it was built from. */
const STAMP = 'sources.txt';

const builtIn = (root: string): string => join(root, 'dist', 'page');

export interface Page {
  readonly html: string;
  /** GraphiQL's own page. Null if there is none. */
  readonly graphiql: string | null;
  /** One of the page's files below `/assets`. */
  readonly asset: FindAsset;
}

/** Fails if the folder holds no page. */
async function readPage(folder: string): Promise<Page> {
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  const graphiql = await readFile(join(folder, 'graphiql.html'), 'utf8').catch(() => null);
  return { html, graphiql, asset: createAssetFiles(join(folder, 'assets')) };
}

export interface PageSource {
  /** The current page; null if there is none. Waits for a build in progress. */
  load(): Promise<Page | null>;
  /** The page that was loaded last. For its many files: `load` reads every source each time. */
  loaded(): Promise<Page | null>;
  /** Stops a build in progress. */
  close(): void;
}

export const runsFromSource = import.meta.filename.endsWith('.ts');

export interface PageSourceOptions {
  /** False: the existing build is served, whether or not its sources have changed. */
  readonly isBuilder: boolean;
  /** Where `src` and `dist` are; the project's own folder if left out. */
  readonly root?: string;
  readonly logger: Logger;
}

export const createPageSource = ({ isBuilder, root = ROOT, logger }: PageSourceOptions): PageSource =>
  isBuilder ? createBuilder(root, logger) : createReader(root, logger);

function createReader(root: string, logger: Logger): PageSource {
  const page = () =>
    readPage(builtIn(root)).catch((err: unknown) => {
      logger.warn({ err }, 'the run page is not built: `npm run build` builds it');
      return null;
    });
  let cached: Promise<Page | null> | undefined;
  const load = () => (cached ??= page());
  return { load, loaded: load, close: () => undefined };
}

function createBuilder(root: string, logger: Logger): PageSource {
  const stopping = new AbortController();
  let cached: { readonly digest: string; readonly page: Promise<Page> } | null = null;

  async function make(digest: string): Promise<Page> {
    if ((await readStamp(root)) !== digest) {
      const startedAt = performance.now();
      await build(root, digest, stopping.signal);
      logger.info({ tookMs: Math.round(performance.now() - startedAt) }, 'built the run page');
    }
    return readPage(builtIn(root));
  }

  async function load(): Promise<Page> {
    const digest = await digestSources(root);
    if (cached?.digest !== digest) {
      const page = make(digest);
      cached = { digest, page };
      page.catch((err: unknown) => {
        cached = null;
        if (!stopping.signal.aborted) logger.error({ err }, 'the run page could not be built');
      });
    }
    return cached.page;
  }

  return {
    load,
    loaded: () => cached?.page ?? load(),
    close() {
      stopping.abort();
    },
  };
}

/** By content, not by time: a checkout may make files older as well as newer. A copy of the project has the same. */
async function digestSources(root: string): Promise<string> {
  const entries = await readdir(join(root, 'src', 'web'), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)));
  const digest = createHash('sha256');
  for (const file of [...files.sort(), 'package-lock.json'])
    digest.update(`${file}\n`).update(await readFile(join(root, file)));
  return digest.digest('hex');
}

const readStamp = (root: string): Promise<string | null> =>
  readFile(join(builtIn(root), STAMP), 'utf8').catch(() => null);

/** Into a folder of its own first: another process may be reading the page, or building it too. */
async function build(root: string, digest: string, signal: AbortSignal): Promise<void> {
  await mkdir(join(root, 'dist'), { recursive: true });
  const folder = await mkdtemp(join(root, 'dist', 'page-'));
  try {
    await runVite(root, folder, signal);
    await writeFile(join(folder, STAMP), digest);
    await rm(builtIn(root), { recursive: true, force: true });
    await rename(folder, builtIn(root)).catch(async (error: unknown) => {
      if ((await readStamp(root)) !== digest) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runVite(root: string, folder: string, signal: AbortSignal): Promise<void> {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const child = spawn(
    process.execPath,
    [vite, 'build', join(root, 'src', 'web'), '--outDir', folder, '--logLevel', 'error'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
      signal,
    },
  );
  // Requests have priority over the build.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`Vite ended with ${String(code)}: ${complaints.trim()}`);
}
