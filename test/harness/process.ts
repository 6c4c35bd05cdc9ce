/** The gateway as a process: as `npm start` runs it, by npm itself, and by the package's command. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface GatewayProcess {
  readonly child: ChildProcess;
  /** Kills it and all its child processes. */
  end(): void;
  /** The output so far, of both streams. */
  readonly output: () => string;
  /** The URL that the gateway, or an example, prints once it listens. Rejects with the output if it exits before. */
  url(): Promise<string>;
  /** Resolves with the exit code (null: ended by a signal) when all child processes have also ended. */
  readonly exited: Promise<number | null>;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = join(ROOT, 'src/main.ts');

/** The compile cache of the first process halves the start time of the others. */
const ENVIRONMENT = { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(tmpdir(), 'stepgate-compiled') };

export type Command = readonly [string, ...string[]];

export function startProcess(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  command?: Command,
): GatewayProcess {
  const [program, ...words] = command ?? [process.execPath, MAIN];
  // Its own process group, which `end` kills.
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
        // They have already ended.
      }
    },
    output: () => printed,
    exited,
    url: () =>
      new Promise((resolve, reject) => {
        const look = () => {
          const [, logged, said] = /"url":"([^"]+)"|^Runs of .*: (\S+)\/ /m.exec(printed) ?? [];
          const url = logged ?? said;
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

/** Runs a command of the gateway, such as `check`, to its end. `input`: its standard input. */
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
