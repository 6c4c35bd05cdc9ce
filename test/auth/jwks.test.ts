import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readJwks } from '../../src/auth/jwks.ts';
import { freePort } from '../harness/program.ts';

const KEY = { kty: 'EC', kid: 'first' };

describe('the key set of an issuer', () => {
  let server: Server;
  let body = '';
  let accept: string | undefined;

  beforeEach(async () => {
    server = createServer((request, response) => {
      ({ accept } = request.headers);
      if (request.url?.startsWith('/cut')) {
        response.writeHead(200, { 'content-length': 100 }).write('{', () => response.destroy());
        return;
      }
      const status = Number(request.url?.slice(1)) || 200;
      response.writeHead(status, { location: '/' }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });
  const urlOf = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  const read = (path = '/') => readJwks(urlOf(path), false);
  const padded = (bytes: number) => {
    const text = JSON.stringify({ keys: [KEY] });
    return text + ' '.repeat(bytes - text.length);
  };

  it('may have 1 MiB, and no byte more', async () => {
    body = padded(2 ** 20);
    expect(await read()).toEqual({ keys: [KEY] });
    body = padded(2 ** 20 + 1);
    await expect(read()).rejects.toThrow('AUTH_JWKS: expected at most 1048576 bytes; more came');
  });

  it('is read without symmetric keys, and from no other place than was configured', async () => {
    body = JSON.stringify({ keys: [KEY, { kty: 'oct', k: 'secret' }] });
    expect(await read()).toEqual({ keys: [KEY] });
    await expect(read('/302')).rejects.toThrow('AUTH_JWKS: expected HTTP 200; got 302');
  });

  it('is asked for as what it is, and taken from an answer of success alone', async () => {
    body = JSON.stringify({ keys: [KEY] });
    await read();
    expect(accept).toBe('application/jwk-set+json, application/json');
    for (const status of [204, 404, 503]) {
      await expect(read(`/${status}`)).rejects.toThrow(`AUTH_JWKS: expected HTTP 200; got ${status}`);
    }
  });

  it.each([
    ['ECONNREFUSED', async () => `http://127.0.0.1:${await freePort()}/s3cret`],
    ['UND_ERR_SOCKET', () => `${urlOf('/cut')}?s3cret`],
    ['TypeError', () => 'http://user:s3cret@127.0.0.1/'],
  ])('that can not be read is told by a code such as %s, and never by its URL', async (code, urlFor) => {
    const error = await readJwks(await urlFor(), false).catch(String);
    expect(error).toBe(`Error: AUTH_JWKS: expected an answer; got ${code}`);
  });

  it.each(['', 'SECRET', '[]', '{}', '{"keys":{}}', '{"keys":[]}', '{"keys":[{}]}', '{"keys":["SECRET"]}'])(
    'is not %j, and an error says no word of it',
    async (content) => {
      body = content;
      await expect(read()).rejects.toThrow(
        /^AUTH_JWKS: expected a JSON Web Key Set \(\{"keys": \[…\]\}\) with a key in it; got none$/,
      );
    },
  );
});
