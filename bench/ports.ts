/** Ports for programs that do not choose a port themselves. */
import { connect, createServer, type AddressInfo } from 'node:net';
import { sleep, type Running } from './processes.ts';

const WITHIN_MS = 10_000;

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });

export async function untilListening(port: number, { output }: Running): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!(await isListening(port))) {
    if (performance.now() > deadline) throw new Error(`nothing listens on port ${port}:\n${output()}`);
    await sleep(5);
  }
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => {
      end(true);
    });
    socket.once('error', () => {
      end(false);
    });
  });
