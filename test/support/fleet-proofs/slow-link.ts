/** A TCP link to Valkey that can delay Valkey's answers. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface SlowLink {
  readonly port: number;
  delayMs: number;
  close(): Promise<void>;
}

export async function startSlowLink(toPort: number): Promise<SlowLink> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const valkey = connect(toPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, valkey],
      [valkey, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(valkey);
    valkey.on('data', (bytes) => {
      if (link.delayMs === 0) client.write(bytes);
      else setTimeout(() => client.write(bytes), link.delayMs);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const link: SlowLink = {
    port: (server.address() as AddressInfo).port,
    delayMs: 0,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return link;
}
