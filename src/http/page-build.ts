/**
 * Where the run page comes from. A gateway that runs from source builds it when its sources are newer than what is built;
 * any other serves what it finds built.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../observability/logger.ts';
import { readPage, type Page } from './page-files.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SOURCES = join(ROOT, 'src', 'web');
const LOCK_FILE = join(ROOT, 'package-lock.json');
const VITE = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
const BUILT = join(ROOT, 'dist', 'page');
/** In it, the digest of the sources that it was built from. */
const STAMP = 'sources.txt';

export interface PageSource {
  /** The page as it should be served now; null if there is none. Whoever asks while it is being built waits for it. */
  load(): Promise<Page | null>;
  /** Stops a build that is under way. */
  close(): void;
}

export const runsFromSource = import.meta.filename.endsWith('.ts');

export const createPageSource = (isBuilder: boolean, logger: Logger): PageSource =>
  isBuilder ? createBuilder(logger) : createReader(logger);

function createReader(logger: Logger): PageSource {
  const page = () =>
    readPage(BUILT).catch((err: unknown) => {
      logger.warn({ err }, 'the run page is not built: `npm run build` builds it');
      return null;
    });
  let held: Promise<Page | null> | undefined;
  return { load: () => (held ??= page()), close: () => undefined };
}

function createBuilder(logger: Logger): PageSource {
  const stopping = new AbortController();
  let held: { readonly digest: string; readonly page: Promise<Page> } | null = null;

  async function make(digest: string): Promise<Page> {
    if ((await readStamp()) !== digest) {
      const startedAt = performance.now();
      await build(digest, stopping.signal);
      logger.info({ tookMs: Math.round(performance.now() - startedAt) }, 'built the run page');
    }
    return readPage(BUILT);
  }

  return {
    async load() {
      const digest = await digestSources();
      if (held?.digest !== digest) {
        const page = make(digest);
        held = { digest, page };
        page.catch((err: unknown) => {
          held = null;
          if (!stopping.signal.aborted) logger.error({ err }, 'the run page could not be built');
        });
      }
      return held.page;
    },
    close() {
      stopping.abort();
    },
  };
}

/** By content: a checkout may make files older as well as newer. */
async function digestSources(): Promise<string> {
  const entries = await readdir(SOURCES, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const digest = createHash('sha256');
  for (const file of [...files.sort(), LOCK_FILE]) digest.update(`${file}\n`).update(await readFile(file));
  return digest.digest('hex');
}

const readStamp = (): Promise<string | null> => readFile(join(BUILT, STAMP), 'utf8').catch(() => null);

/** Into a folder of its own first: another process may be reading the page, or building it too. */
async function build(digest: string, signal: AbortSignal): Promise<void> {
  await mkdir(join(ROOT, 'dist'), { recursive: true });
  const folder = await mkdtemp(join(ROOT, 'dist', 'page-'));
  try {
    await runVite(folder, signal);
    await writeFile(join(folder, STAMP), digest);
    await rm(BUILT, { recursive: true, force: true });
    await rename(folder, BUILT).catch(async (error: unknown) => {
      if ((await readStamp()) !== digest) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runVite(folder: string, signal: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, [VITE, 'build', SOURCES, '--outDir', folder, '--logLevel', 'error'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
    signal,
  });
  // The gateway's own answers come first.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`Vite ended with ${String(code)}: ${complaints.trim()}`);
}
