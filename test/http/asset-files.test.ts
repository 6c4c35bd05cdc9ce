import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createAssetFiles, type FindAsset } from '../../src/http/page/asset-files.ts';
import { rejectionOf } from '../support/rejection.ts';

const SCRIPT = 'console.log("the page");';

describe('the files of a built page', () => {
  let root: string;
  let find: FindAsset;
  const write = (name: string, content: string | Buffer) => writeFile(join(root, name), content);

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'assets-'));
    await mkdir(join(root, 'assets', 'folder.js'), { recursive: true });
    await write('outside.js', SCRIPT);
    for (const name of ['both.js', 'none.js', 'a.css', 'a.svg', 'a.txt', '.hidden.js', 'folder.js/a.js']) {
      await write(`assets/${name}`, SCRIPT);
    }
    await write('assets/both.js.br', brotliCompressSync(SCRIPT));
    await write('assets/both.js.gz', gzipSync(SCRIPT));
    await write('assets/gone.js.gz', gzipSync(SCRIPT));
  });
  beforeEach(() => {
    find = createAssetFiles(join(root, 'assets'));
  });
  afterAll(() => rm(root, { recursive: true }));

  it('are answered in the forms that the build has made, and in no others', async () => {
    const [both, none] = [await find('both.js'), await find('none.js')];
    expect(both?.body).toEqual(Buffer.from(SCRIPT));
    expect(both?.forms?.find('br')).toEqual(brotliCompressSync(SCRIPT));
    expect(both?.forms?.find('gzip')).toEqual(gzipSync(SCRIPT));
    expect(none?.body).toEqual(Buffer.from(SCRIPT));
    expect([none?.forms?.find('br'), none?.forms?.find('gzip')]).toEqual([undefined, undefined]);
    expect(both?.etag).toBe(none?.etag);
  });

  it.each([
    ['a.css', 'text/css; charset=utf-8'],
    ['none.js', 'text/javascript; charset=utf-8'],
    ['a.svg', 'image/svg+xml'],
  ])('have the type of their name: %s', async (name, contentType) => {
    expect(await find(name)).toMatchObject({ contentType });
  });

  it.each([
    'gone.js',
    'a.txt',
    '.hidden.js',
    'folder.js/a.js',
    'a/../both.js',
    'a.css/../../outside.js',
    '../outside.js',
  ])('are none of what is no file of the build, or lies elsewhere: %s', async (name) => {
    expect(await find(name)).toBeNull();
  });

  it('are read once, and again where that has failed', async () => {
    await write('assets/late.js', SCRIPT);
    const late = await find('late.js');
    await write('assets/late.js', 'something else');
    expect(await find('late.js')).toBe(late);
    expect(await rejectionOf(find('folder.js'))).toMatchObject({ code: 'EISDIR' });
    await rm(join(root, 'assets', 'folder.js'), { recursive: true });
    await write('assets/folder.js', SCRIPT);
    expect((await find('folder.js'))?.body).toEqual(Buffer.from(SCRIPT));
  });
});
