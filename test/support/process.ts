/** The gateway as a process of its own, as `npm start` runs it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface GatewayProcess {
  readonly child: ChildProcess;
  /** Everything that it has printed so far, to either stream. */
  readonly output: () => string;
  /** Where it listens, once it says so. Rejects with what it printed if it exits before. */
  url(): Promise<string>;
  /** Resolves with its exit code, null if a signal ended it. */
  readonly exited: Promise<number | null>;
}

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Many start: with what the first one has compiled, the others start in half the time. */
const ENVIRONMENT = { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(tmpdir(), 'stepgate-compiled') };

export function startProcess(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): GatewayProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...ENVIRONMENT, PORT: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      for (const look of listeners) look();
    });
  }
  const exited = once(child, 'close').then(([code]) => code as number | null);

  return {
    child,
    output: () => printed,
    exited,
    url: () =>
      new Promise((resolve, reject) => {
        const look = () => {
          const url = /"url":"([^"]+)"/.exec(printed)?.[1];
          if (url !== undefined) resolve(url);
        };
        listeners.add(look);
        look();
        void exited.then(() => {
          reject(new Error(`it exited before it listened, and printed: ${printed}`));
        });
      }),
  };
}

export interface FinishedProcess {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of the gateway, such as `check`, run to its end. `input` is its standard input. */
export async function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  input = '',
): Promise<FinishedProcess> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...ENVIRONMENT, ...environment } });
  child.stdin.end(input);
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { code, stdout, stderr };
}
