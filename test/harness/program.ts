/** A server program of the operating system in front of a gateway, with a configuration of the project. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** The first of the commands that is installed; null if none is. */
export const findProgram = (version: string, ...commands: readonly string[]): string | null =>
  commands.find((command) => spawnSync(command, [version]).status === 0) ?? null;

const ROOT = new URL('../../', import.meta.url);

/**
 * A configuration of the project with other ports and paths. Each string must occur. All are replaced in one pass, so
 * that no replacement is replaced again (a port 4000 in 40001).
 */
export function readConfiguration(file: string, replacements: readonly (readonly [string, string])[] = []): string {
  const text = readFileSync(new URL(file, ROOT), 'utf8');
  for (const [from] of replacements) if (!text.includes(from)) throw new Error(`expected "${from}" in ${file}`);
  if (replacements.length === 0) return text;
  const written = new Map(replacements);
  const texts = new RegExp([...written.keys()].map((from) => RegExp.escape(from)).join('|'), 'g');
  return text.replaceAll(texts, (from) => written.get(from) ?? from);
}

export interface Program {
  close(): Promise<void>;
}

/** Resolves when it accepts connections at all ports. Rejects with its output if it exits before. */
export async function startProgram(
  command: string,
  words: readonly string[],
  ports: readonly number[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const env = { PATH: process.env.PATH, ...environment };
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'pipe'], env });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const exited = once(child, 'close');
  for (const port of ports) {
    while (!(await accepts(port))) {
      if (child.exitCode !== null) throw new Error(`${command} did not start: ${printed}`);
      await pause(10);
    }
  }
  return {
    async close() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/**
 * A free port for a program that cannot choose one itself. From 32768 on the system could assign it to a connection
 * before the program listens, or during a restart; `fetch` rejects some ports below 11,000.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 11_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
