/** The built run page, cached in memory: it is small, and no path of a request ever reaches the file system. */
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
  /** Null where it would save nothing. */
  readonly gzipped: Buffer | null;
  readonly etag: string;
}

export interface Page {
  readonly html: string;
  /** By path, as in `/assets/main-5f3a.js`. */
  readonly files: ReadonlyMap<string, PageFile>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const compress = promisify(gzip);

/** Fails if the folder holds no page. */
export async function readPage(folder: string): Promise<Page> {
  const names = await readdir(folder, { recursive: true, encoding: 'utf8' });
  const files = new Map<string, PageFile>();
  for (const name of names) {
    const type = TYPES[extname(name)];
    if (type !== undefined) files.set(`/${name.split(sep).join('/')}`, await readFileOf(join(folder, name), type));
  }
  return { html: await readFile(join(folder, 'index.html'), 'utf8'), files };
}

async function readFileOf(path: string, type: string): Promise<PageFile> {
  const body = await readFile(path);
  const gzipped = await compress(body, { level: 9 });
  return {
    type,
    body,
    gzipped: gzipped.length < body.length ? gzipped : null,
    etag: `"${hash('sha1', body, 'base64url')}"`,
  };
}
