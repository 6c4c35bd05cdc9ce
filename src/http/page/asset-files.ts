/**
 * The files of the built page below `/assets`, with the forms that the build has compressed. Each is read as a whole, once, when it is first
 * asked for: no file is open while a client reads, and one that is gone or can't be opened is an error of that request alone.
 */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { createCompressedForms } from '../compression/compressed-forms.ts';
import { etagOf } from '../graphql/response-cache.ts';
import type { HttpResponse } from '../response-writer.ts';

export type Asset = Pick<HttpResponse, 'body' | 'contentType' | 'etag' | 'forms'>;

/** Null if there is no such file. */
export type FindAsset = (name: string) => Promise<Asset | null>;

/** Those of the build. */
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** No path, and no file that is hidden. */
const NAME = /^\w[\w.-]*$/;

export function createAssetFiles(folder: string): FindAsset {
  /** No more than files of the build. */
  const assets = new Map<string, Asset>();

  const read = (name: string): Promise<Buffer | null> =>
    readFile(join(folder, name)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    });

  return async (name) => {
    const known = assets.get(name);
    const contentType = TYPES[extname(name)];
    if (known || contentType === undefined || !NAME.test(name)) return known ?? null;
    const [body, br, gzip] = await Promise.all([read(name), read(`${name}.br`), read(`${name}.gz`)]);
    if (!body) return null;
    const forms = createCompressedForms();
    if (br) void forms.add('br', br);
    if (gzip) void forms.add('gzip', gzip);
    const asset = { body, contentType, etag: etagOf(body), forms };
    assets.set(name, asset);
    return asset;
  };
}
