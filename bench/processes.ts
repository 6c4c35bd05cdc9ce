/** Child processes: pinned to a core, measured from outside, and always ended with the bench. */
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

export interface StartOptions {
  /** 0 for contenders, 1 for load and upstream. */
  readonly core: 0 | 1;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** File for its output: reading the output during a measurement would take time from either core. */
  readonly printsToFile?: boolean;
  /** Opens a channel for messages. */
  readonly hasChannel?: boolean;
}

export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  /** The end of its output, to explain why it has ended. */
  readonly output: () => string;
  stop(): Promise<void>;
}

const hasTool = (name: string): boolean => spawnSync('which', [name]).status === 0;
export const isPinned = availableParallelism() > 1 && hasTool('taskset');
/** The load's core is kept from sleeping. */
export const isAwake = isPinned && hasTool('chrt');
/** Ends a child with its parent, even if that was killed. */
const canFollowParent = process.platform === 'linux' && hasTool('setpriv');

const running = new Set<ChildProcess>();

const OUTPUT_LENGTH = 20_000;

/** The file is removed when its last descriptor is closed. */
function openUnnamedFile(): number {
  const path = join(tmpdir(), `stepgate-bench-${process.pid}-${running.size}`);
  const file = openSync(path, 'wx+');
  unlinkSync(path);
  return file;
}

/** The end of an output file. */
function endOf(file: number): string {
  const buffer = Buffer.alloc(OUTPUT_LENGTH);
  const { size } = fstatSync(file);
  return buffer.toString('utf8', 0, readSync(file, buffer, 0, OUTPUT_LENGTH, Math.max(0, size - OUTPUT_LENGTH)));
}

/** Every child leads a process group, so that its own children end with it. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The process has just ended.
  }
}

process.on('exit', () => {
  for (const child of running) kill(child, 'SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(130));
}

/** Runs a program. `taskset` and `setpriv` are replaced by it, so the pid is the program's. */
export function start(command: readonly string[], options: StartOptions): Running {
  const pinned = isPinned ? ['taskset', '-c', String(options.core), ...command] : command;
  const [program = '', ...args] = canFollowParent ? ['setpriv', '--pdeathsig', 'KILL', ...pinned] : pinned;
  const file = options.printsToFile ? openUnnamedFile() : null;
  const out = file ?? 'pipe';
  const stdio: StdioOptions = ['ignore', out, out, ...(options.hasChannel ? (['ipc'] as const) : [])];
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio,
    detached: true,
  });
  running.add(child);
  let piped = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      piped = (piped + text).slice(-OUTPUT_LENGTH);
    });
  }
  const gone = new Promise<void>((resolve) => {
    child.once('error', () => {
      resolve();
    });
    child.once('close', () => {
      running.delete(child);
      if (file !== null) {
        piped = endOf(file);
        closeSync(file);
      }
      resolve();
    });
  });

  return {
    pid: child.pid ?? -1,
    child,
    output: () => (file !== null && running.has(child) ? endOf(file) : piped),
    async stop() {
      kill(child, 'SIGTERM');
      const timer = setTimeout(() => {
        kill(child, 'SIGKILL');
      }, 3000);
      await gone;
      clearTimeout(timer);
    },
  };
}

/**
 * Keeps the load's core from sleeping meanwhile, by a program that runs when nothing else does. A contender's write to a sleeping core
 * costs it 8 to 11 µs more: contenders whose answers come a little later than the client asks for them would lose a quarter.
 */
export async function whileAwake<T>(use: () => Promise<T>): Promise<T> {
  if (!isAwake) return use();
  // It pauses, since the other core may share its units.
  const awake = start(['chrt', '--idle', '0', process.execPath, '-e', 'for (;;) Atomics.pause(1000);'], { core: 1 });
  try {
    return await use();
  } finally {
    await awake.stop();
  }
}

const URL_LINE = /"url":"([^"]+)"/;

/** Waits for the `"url":"…"` that every server here prints. */
export async function urlOf(process: Running, name: string, timeoutMs = 30_000): Promise<string> {
  const url = await waitFor(() => URL_LINE.exec(process.output())?.[1], process, timeoutMs);
  if (url !== undefined) return url;
  throw new Error(`${name} must print its URL within ${timeoutMs} ms. It printed:\n${process.output()}`);
}

async function waitFor<T>(read: () => T | undefined, { child }: Running, timeoutMs: number): Promise<T | undefined> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = read();
    if (value !== undefined || child.exitCode !== null || performance.now() > deadline) return value;
    await sleep(5);
  }
}

/** Runs a program to its end and returns its stdout. */
export function runToEnd(command: readonly string[], options: StartOptions, timeoutMs: number): Promise<string> {
  const { child, output } = start(command, options);
  let stdout = '';
  child.stdout?.on('data', (text: string) => {
    stdout += text;
  });
  const timer = setTimeout(() => {
    kill(child, 'SIGKILL');
  }, timeoutMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(stdout);
      else reject(new Error(`${command.join(' ').slice(0, 200)} ended with ${code ?? 'a signal'}:\n${output()}`));
    });
  });
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const statusKb = (pid: number, field: 'VmHWM' | 'VmRSS'): number | null => {
  try {
    const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line ? Number(line[1]) : null;
  } catch {
    return null;
  }
};

function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number).filter(Boolean);
  } catch {
    return [];
  }
}

/** With its children, even if their peaks are at different times. */
function familyKb(pid: number, field: 'VmHWM' | 'VmRSS'): number | null {
  const own = statusKb(pid, field);
  return own === null ? null : childrenOf(pid).reduce((sum, child) => sum + (statusKb(child, field) ?? 0), own);
}

const toMb = (kb: number | null): number | null => (kb === null ? null : (kb * 1024) / 1_000_000);

/** Megabytes (10⁶ bytes) of the process and its children; null if the system does not report it. */
export const peakRssMb = (pid: number): number | null => toMb(familyKb(pid, 'VmHWM'));
export const rssMb = (pid: number): number | null => toMb(familyKb(pid, 'VmRSS'));

/** Resets the peak, if the system allows it. */
export function resetPeakRss(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Otherwise it counts from the start of the process.
  }
}

/** User and system time so far in milliseconds, in ticks of 10; null if the system does not report it. */
export function processorMs(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return null;
  }
}

const TICK_MS = 10;

const IDLE_FOR_MS = 200;
const IDLE_WITHIN_MS = 5000;

/** Waits until the process is idle: work left by one load must not count for the next. */
export async function untilIdle(pid: number): Promise<void> {
  const deadline = performance.now() + IDLE_WITHIN_MS;
  let before = processorMs(pid);
  for (;;) {
    await sleep(IDLE_FOR_MS);
    const now = processorMs(pid);
    if (now === null || before === null || now - before <= TICK_MS || performance.now() > deadline) return;
    before = now;
  }
}

/** The process and all its descendants. */
export function processTree(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap(processTree)];
  } catch {
    return [pid];
  }
}

export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
