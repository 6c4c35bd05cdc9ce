import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ConfigError } from '../../src/config/config.ts';
import { listen } from '../../src/http/connection/listen.ts';
import { captureLog } from '../support/observed.ts';
import { rejectionOf } from '../support/rejection.ts';

const HOST = '127.0.0.1';

describe('a server', () => {
  const servers: Server[] = [];
  const log = captureLog('error');
  const create = () => {
    const server = createServer();
    servers.push(server);
    return server;
  };
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  it('listens at its address, and says its port', async () => {
    const server = create();
    const port = await listen(server, { host: HOST, port: 0 }, log.logger);
    expect(server.address()).toMatchObject({ address: HOST, port });
    const taken = await rejectionOf(listen(create(), { host: HOST, port }, log.logger));
    expect(taken).toBeInstanceOf(ConfigError);
    expect(taken).toMatchObject({
      message: `PORT: expected a port that is free; ${port} is in use at ${HOST} (EADDRINUSE).`,
      cause: { code: 'EADDRINUSE' },
    });
  });

  it('goes on where it fails later, and each error is logged', async () => {
    const server = create();
    await listen(server, { host: HOST, port: 0 }, log.logger);
    for (const message of ['EMFILE 1', 'EMFILE 2']) server.emit('error', new Error(message));
    expect(server.listening).toBe(true);
    expect(log.lines).toMatchObject([{ err: { message: 'EMFILE 1' } }, { err: { message: 'EMFILE 2' } }]);
  });

  const of = 'HOST: expected an address of this machine, or a name of one; got "some \\"name\\""';
  it.each([
    ['EACCES', 'PORT: expected a port that this user may open; got 80'],
    ['ENOTFOUND', of],
    ['EAI_AGAIN', of],
    ['EADDRNOTAVAIL', of],
    ['EAFNOSUPPORT', of],
  ])('that the system does not let listen names the variable: %s', async (code, sentence) => {
    const error = Object.assign(new Error('no'), { code });
    const problem = await rejectionOf(listen(failing(error), { host: 'some "name"', port: 80 }, log.logger));
    expect(problem).toBeInstanceOf(ConfigError);
    expect(problem).toMatchObject({ message: `${sentence} (${code}).`, cause: error });
  });

  it.each([{ code: 'ENOMEM' }, {}])('that fails otherwise says what the system says: %p', async (more) => {
    const error = Object.assign(new Error('no'), more);
    expect(await rejectionOf(listen(failing(error), { host: HOST, port: 80 }, log.logger))).toBe(error);
  });
});

/** A server that the system does not let listen. */
function failing(error: Error): Server {
  const server = new EventEmitter();
  return Object.assign(server, { listen: () => setImmediate(() => server.emit('error', error)) }) as unknown as Server;
}
