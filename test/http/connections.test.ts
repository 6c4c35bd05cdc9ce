import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { connect, Socket, type AddressInfo } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createDrain, type Drain } from '../../src/http/connection/drain.ts';
import { createTurns } from '../../src/http/connection/one-answer-at-a-time.ts';
import { endMalformed, endWithError } from '../../src/http/connection/raw-response.ts';
import { collectGarbage } from '../harness/collect-garbage.ts';
import { settle } from '../support/operations.ts';
import { connectRaw } from '../harness/raw-http.ts';

describe('an error without a response', () => {
  const sentBy = async (end: (socket: PassThrough) => void) => {
    const socket = new PassThrough();
    end(socket);
    const [head = '', body = ''] = (await text(socket).catch(() => '')).split('\r\n\r\n');
    return { lines: head.split('\r\n'), body: body === '' ? null : (JSON.parse(body) as unknown), socket };
  };
  const current = (finish: (response: ServerResponse) => void) => {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    finish(response);
    return response;
  };
  const error = (code: string) => Object.assign(new Error('wrong'), { code });

  it.each([
    [400, 'Bad Request', false],
    [500, 'Internal Server Error', true],
    [599, '', true],
  ])('is a whole answer, and the end of its connection: %d', async (status, phrase, retryable) => {
    const message = 'Größer';
    const { lines, body, socket } = await sentBy((each) => {
      endWithError(each, { status, code: 'ANY', message, requestId: 'mine' });
    });
    expect(lines).toEqual([
      `HTTP/1.1 ${status} ${phrase}`,
      'connection: close',
      'content-type: application/json; charset=utf-8',
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      'x-request-id: mine',
      `content-length: ${Buffer.byteLength(JSON.stringify(body))}`,
    ]);
    expect(body).toEqual({ errors: [{ message, extensions: { code: 'ANY', retryable, requestId: 'mine' } }] });
    expect(socket.destroyed).toBe(true);
  });

  it('is the end of a connection that its client leaves open, and of one that breaks', async () => {
    const refuse = () => {
      const socket = new Duplex({
        read: () => undefined,
        write: (_chunk, _encoding, done) => {
          done();
        },
      });
      endWithError(socket, { status: 400, code: 'ANY', message: '' });
      return socket;
    };
    const open = refuse();
    await once(open, 'finish');
    await settle();
    expect(open.destroyed).toBe(true);
    const broken = refuse();
    broken.emit('error', new Error('reset'));
    expect(broken.destroyed).toBe(true);
  });

  it('has a request id of its own where none came', async () => {
    const { lines } = await sentBy((socket) => {
      endWithError(socket, { status: 400, code: 'ANY', message: '' });
    });
    expect(lines).toContainEqual(expect.stringMatching(/^x-request-id: [\da-f-]{36}$/));
  });

  it.each([
    ['HPE_HEADER_OVERFLOW', 431],
    ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
    ['ERR_HTTP_REQUEST_TIMEOUT', 408],
    ['HPE_INVALID_METHOD', 400],
    ['', 400],
  ])('says what was wrong with a request: %s', async (code, status) => {
    for (const answering of [undefined, current(() => undefined)]) {
      const { lines, body } = await sentBy((socket) => {
        endMalformed(error(code), socket, answering);
      });
      expect(lines[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(body).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    }
  });

  it('is not sent in the middle of an answer, nor to who is gone', async () => {
    const begun = current((response) => response.writeHead(200));
    const cases: readonly ((socket: PassThrough) => void)[] = [
      (socket) => {
        endMalformed(error('HPE_INVALID_METHOD'), socket, begun);
      },
      (socket) => {
        endMalformed(error('ECONNRESET'), socket, undefined);
      },
      (socket) => {
        socket.end();
        endMalformed(error('HPE_INVALID_METHOD'), socket, undefined);
      },
    ];
    for (const each of cases) {
      const { body, socket } = await sentBy(each);
      expect([body, socket.destroyed]).toEqual([null, true]);
    }
  });
});

describe('requests of one connection', () => {
  const exchangeOf = (socket: Socket) => {
    const request = new IncomingMessage(socket);
    return [request, new ServerResponse(request)] as const;
  };

  it('are handled one after the other, and those of others meanwhile', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.boolean()), { maxLength: 40 }), (steps) => {
        const inTurn = createTurns();
        const sockets = [new Socket(), new Socket(), new Socket()];
        const sent: number[][] = sockets.map(() => []);
        const begun: number[][] = sockets.map(() => []);
        const open: (ServerResponse | undefined)[] = sockets.map(() => undefined);
        steps.forEach(([at, isRequest], number) => {
          const socket = sockets[at] ?? new Socket();
          if (isRequest) {
            const [request, response] = exchangeOf(socket);
            sent[at]?.push(number);
            inTurn(request, response, () => {
              expect(open[at]).toBeUndefined();
              open[at] = response;
              begun[at]?.push(number);
            });
          } else {
            const response = open[at];
            open[at] = undefined;
            response?.emit('close');
          }
          for (const [index, numbers] of begun.entries())
            expect(sent[index]?.slice(0, numbers.length)).toEqual(numbers);
          // One is under way where any waits.
          if (begun[at]?.length !== sent[at]?.length) expect(open[at]).toBeDefined();
        });
      }),
    );
  });

  it('are not begun when it is closed, and at most 100 wait', () => {
    const inTurn = createTurns();
    const socket = new Socket();
    const [first, answer] = exchangeOf(socket);
    const begun: string[] = [];
    inTurn(first, answer, () => begun.push('first'));
    for (let time = 0; time < 100; time += 1) inTurn(...exchangeOf(socket), () => begun.push('other'));
    expect(socket.destroyed).toBe(false);
    inTurn(...exchangeOf(socket), () => begun.push('other'));
    expect(socket.destroyed).toBe(true);
    answer.emit('close');
    expect(begun).toEqual(['first']);
  });

  it('are begun without the time that the reader of the answer before had', () => {
    const inTurn = createTurns();
    const socket = new Socket();
    const [first, answer] = exchangeOf(socket);
    const timeouts: (number | undefined)[] = [];
    inTurn(first, answer, () => socket.setTimeout(1000));
    inTurn(...exchangeOf(socket), () => timeouts.push(socket.timeout));
    answer.emit('close');
    expect(timeouts).toEqual([0]);
  });
});

describe('a server that is closed', () => {
  /** Answers at once, but what is asked for later. */
  const later: ServerResponse[] = [];
  const start = async () => {
    const server = createServer((request, response) => {
      if (request.url === '/later') later.push(response);
      else response.end();
    });
    const drain = createDrain(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    return { server, drain, port, url: `http://127.0.0.1:${port}` };
  };

  /** Its timers are the test's. */
  const closeOf = async (drain: Drain) => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    await drain.stopListening();
    const promise = drain.close(0);
    while (jest.getTimerCount() < 2) await settle();
    return { promise };
  };
  afterEach(() => {
    jest.useRealTimers();
  });

  it('takes requests of its connections for a time, and no new connection', async () => {
    const { server, drain, port, url } = await start();
    const raw = await connectRaw(url, server);
    await raw.ask('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await drain.stopListening();
    const closed = drain.close(500);
    const refused = once(connect(port, '127.0.0.1'), 'connect');
    await expect(refused).rejects.toThrow('ECONNREFUSED');
    expect((await raw.ask('GET / HTTP/1.1\r\nhost: x\r\n\r\n')).head).toMatch(/^HTTP\/1.1 200 /);
    await closed;
  });

  it('closes a connection that never asks after half a second, and waits for an answer that is due', async () => {
    const { server, drain, url } = await start();
    const [unused, busy] = [await connectRaw(url, server), await connectRaw(url, server)];
    await busy.send('GET /later HTTP/1.1\r\nhost: x\r\n\r\n');
    const closed = await closeOf(drain);
    jest.advanceTimersByTime(499);
    expect(unused.socket.closed).toBe(false);
    jest.advanceTimersByTime(1);
    await once(unused.socket, 'close');
    expect(busy.socket.closed).toBe(false);
    later.pop()?.writeHead(200, { connection: 'close', 'content-length': '4' }).end('late');
    expect((await busy.read(1)).map(({ body }) => body)).toEqual(['late']);
    await closed.promise;
    // Nothing keeps the process.
    expect(jest.getTimerCount()).toBe(0);
  });

  it('closes idle connections at once when their time is over', async () => {
    const { server, drain, url } = await start();
    server.keepAliveTimeout = 72_000;
    const idle = await connectRaw(url, server);
    await idle.ask('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    await drain.stopListening();
    await drain.close(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('keeps no connection that is closed, and is not kept itself', async () => {
    const sockets: WeakRef<Socket>[] = [];
    const closeOne = async () => {
      const { server, drain, url } = await start();
      server.on('connection', (socket) => sockets.push(new WeakRef(socket)));
      for (let time = 0; time < 10; time += 1) {
        const raw = await connectRaw(url, server);
        if (time % 2 === 0) await raw.ask('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
        raw.close();
      }
      while ((await promisify(server.getConnections.bind(server))()) > 0) await settle();
      await settle();
      collectGarbage();
      const kept = sockets.filter((socket) => socket.deref()).length;
      await drain.stopListening();
      await drain.close(0);
      return { kept, closed: new WeakRef(server) };
    };
    const { kept, closed } = await closeOne();
    // The last ones may still be seen.
    expect(kept).toBeLessThan(3);
    await settle();
    collectGarbage();
    expect(closed.deref()).toBeUndefined();
  });

  it('closes a connection that becomes idle when the body of an answered request is at its end', async () => {
    const { server, drain, url } = await start();
    server.keepAliveTimeout = 72_000;
    const uploading = await connectRaw(url, server);
    const [answer] = await Promise.all([
      uploading.read(1),
      uploading.send('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab'),
    ]);
    expect(answer[0]?.head).toMatch(/^HTTP\/1.1 200 /);
    const closed = await closeOf(drain);
    jest.advanceTimersByTime(1000);
    await settle();
    expect(uploading.socket.closed).toBe(false);
    await uploading.send('cd');
    jest.advanceTimersByTime(1000);
    await closed.promise;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('sends answers to their end that are written, before it or meanwhile, but not taken yet', async () => {
    const { server, drain, url } = await start();
    server.keepAliveTimeout = 72_000;
    const connections = [await connectRaw(url, server), await connectRaw(url, server)];
    for (const connection of connections) {
      connection.socket.pause();
      await connection.send('GET /later HTTP/1.1\r\nhost: x\r\n\r\n');
    }
    const large = Buffer.alloc(20_000_000, 'x');
    later.shift()?.writeHead(200, { 'content-length': large.length }).end(large);
    const closed = await closeOf(drain);
    later.shift()?.writeHead(200, { 'content-length': large.length }).end(large);
    jest.advanceTimersByTime(1000);
    for (const connection of connections) {
      connection.socket.resume();
      expect((await connection.read(1)).map(({ body }) => body.length)).toEqual([large.length]);
    }
    await settle();
    jest.advanceTimersByTime(100);
    await closed.promise;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('waits no longer than 10 s for an answer', async () => {
    const { server, drain, url } = await start();
    const busy = await connectRaw(url, server);
    await busy.send('GET /later HTTP/1.1\r\nhost: x\r\n\r\n');
    const closed = await closeOf(drain);
    jest.advanceTimersByTime(9_999);
    await settle();
    expect(busy.socket.closed).toBe(false);
    jest.advanceTimersByTime(1);
    await closed.promise;
  });

  it('waits as long for a connection that has become a WebSocket', async () => {
    const { server, drain, url } = await start();
    server.on('upgrade', (_request, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'));
    const upgraded = await connectRaw(url, server);
    await upgraded.ask('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    const closed = await closeOf(drain);
    jest.advanceTimersByTime(9_999);
    await settle();
    expect(upgraded.socket.closed).toBe(false);
    jest.advanceTimersByTime(1);
    await closed.promise;
  });
});
