/** The files of the run page, as `npm run build:page` left them in `dist/page`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../../observability/logger.ts';
import { createAssetFiles, type FindAsset } from './asset-files.ts';

/** The same folder from `src/http/page` and from `dist/http/page`. */
const PAGE = fileURLToPath(new URL('../../../dist/page', import.meta.url));

export interface Page {
  readonly html: string;
  /** GraphiQL's own page. Null if it is missing. */
  readonly graphiql: string | null;
  /** A file of the page below `/assets`. */
  readonly asset: FindAsset;
}

/** Null if the page is not built. Reads the files once. */
export type PageSource = () => Promise<Page | null>;

export function createPageSource(logger: Logger, folder = PAGE): PageSource {
  let page: Promise<Page | null> | undefined;
  return () =>
    (page ??= readPage(folder).catch((err: unknown) => {
      logger.warn({ err }, 'the run page is not built: run `npm run build:page`, then start again');
      return null;
    }));
}

async function readPage(folder: string): Promise<Page> {
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  const graphiql = await readFile(join(folder, 'graphiql.html'), 'utf8').catch(() => null);
  return { html, graphiql, asset: createAssetFiles(join(folder, 'assets')) };
}
