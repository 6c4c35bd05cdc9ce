import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Overrides } from '../../src/gateway.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { perTest } from '../harness/lasting.ts';
import { connectRaw, postOf, type RawConnection } from '../harness/raw-http.ts';
import { until } from '../harness/until.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';
import { wireRun } from '../harness/wire.ts';

/** More than the buffers of both ends. */
const OUTPUTS = 'x'.repeat(5_000_000);
const ANSWER_FIELDS = 'a: outputs b: outputs c: outputs';

const requestOf = (runId: string, fields = ANSWER_FIELDS): string =>
  postOf({ query: `{ run(workflowId: "wf", id: "${runId}") { ${fields} } }` });

/** Without a body, which could no longer be read after the connection is closed. */
const getOf = (runId: string): string => {
  const query = encodeURIComponent(`{ run(workflowId: "wf", id: "${runId}") { id } }`);
  return `GET /graphql?query=${query} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer key-1\r\n\r\n`;
};

/** The gateway's ends of the accepted connections. */
function watchConnections(url: string) {
  const port = Number(new URL(url).port);
  const sockets: Socket[] = [];
  const note = (message: unknown) => {
    const { socket } = message as { readonly socket: Socket };
    if (socket.localPort === port) sockets.push(socket);
  };
  subscribe('net.server.socket', note);
  return { sockets, close: () => unsubscribe('net.server.socket', note) };
}

describe('a connection whose client does not read', () => {
  const upstream = perTest(new ScriptedUpstream(({ runId }) => ({ json: [wireRun(runId, { outputs: OUTPUTS })] })));
  let gateway: TestGateway;
  let raw: RawConnection;
  let connections: ReturnType<typeof watchConnections>;

  async function start(overrides: Overrides = {}): Promise<void> {
    gateway = await startGateway({ upstream, ...overrides });
    connections = watchConnections(gateway.url);
    raw = await connectRaw(gateway.url);
    raw.socket.pause();
  }
  const ownEnd = (): Socket => {
    const [socket] = connections.sockets;
    if (!socket) throw new Error('expected the gateway to have accepted the connection');
    return socket;
  };
  const runIds = () => [...new Set(upstream.calls.map(({ runId }) => runId))];

  afterEach(async () => {
    connections.close();
    raw.close();
    await gateway.close();
  });

  it('is closed after the timeout', async () => {
    await start({ stalledReaderMs: 200 });
    await raw.send(requestOf('r0') + requestOf('r1'));
    await once(ownEnd(), 'close');
    raw.socket.resume();
    await expect(raw.read(1)).rejects.toThrow('the connection ended before an answer did');
  });

  it('is closed during files of the page', async () => {
    await start({ stalledReaderMs: 200 });
    const page = await (await fetch(gateway.url)).text();
    const file = /\/assets\/index-[\w-]+\.js/.exec(page)?.[0] ?? '';
    await raw.send(`GET ${file} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(60));
    await once(ownEnd(), 'close');
  });

  it('gets no timeout during its next request once it reads', async () => {
    const release = upstream.holdCalls(({ runId }) => runId === 'r2');
    await start();
    await raw.send(requestOf('r1'));
    raw.socket.resume();
    await raw.read(1);
    await raw.send(getOf('r2'));
    await until(() => runIds().includes('r2'));
    expect(ownEnd().timeout).toBe(0);
    release();
    await raw.read(1);
    // The timeout of an idle connection.
    expect(ownEnd().timeout).toBeGreaterThan(72_000);
  });
});
