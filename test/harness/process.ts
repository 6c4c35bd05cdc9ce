/** The gateway as a process of its own: as `npm start` runs it, by npm itself, and by the command of the package. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface GatewayProcess {
  readonly child: ChildProcess;
  /** Ends it, and all processes below it, at once. */
  end(): void;
  /** Everything that it has printed so far, to either stream. */
  readonly output: () => string;
  /** Where it listens, once it says so. Rejects with what it printed if it exits before. */
  url(): Promise<string>;
  /** Resolves with its exit code, null if a signal ended it: when all processes below it have ended, too. */
  readonly exited: Promise<number | null>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'src/main.ts');

/** Many start: with what the first one has compiled, the others start in half the time. */
const ENVIRONMENT = { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(tmpdir(), 'stepgate-compiled') };

export type Command = readonly [string, ...string[]];

export function startProcess(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  command?: Command,
): GatewayProcess {
  const [program, ...words] = command ?? [process.execPath, MAIN];
  // A group of its own, which `end` kills.
  const detached = command !== undefined;
  const child = spawn(program, [...words, ...args], {
    cwd: ROOT,
    detached,
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
    end() {
      if (!detached || child.pid === undefined) {
        child.kill('SIGKILL');
        return;
      }
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // All have ended.
      }
    },
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
