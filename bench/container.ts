/** The documented container: a control group with its memory limit, from which Node takes the limit of its heap. */
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';

export interface Container {
  /** Starts a program in the container. */
  command(words: readonly string[]): readonly string[];
  /** Call it when all of its processes have ended. */
  close(): void;
}

/** docs/deploying.md and docker-compose.yml. */
export const DOCUMENTED_MIB = 1280;
/** Version 1 and 2 of control groups. */
const HIERARCHIES = [
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { root: '/sys/fs/cgroup', limit: 'memory.max' },
];

let count = 0;

/** Returns null if this user may not create one. */
export function createContainer(mebibytes: number): Container | null {
  count += 1;
  for (const { root, limit } of HIERARCHIES) {
    const folder = `${root}/stepgate-bench-${process.pid}-${count}`;
    try {
      mkdirSync(folder);
      writeFileSync(`${folder}/${limit}`, String(mebibytes * 2 ** 20));
    } catch {
      remove(folder);
      continue;
    }
    return {
      command: (words) => ['sh', '-c', 'echo $$ > "$0" && exec "$@"', `${folder}/cgroup.procs`, ...words],
      close: () => {
        remove(folder);
      },
    };
  }
  return null;
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It does not exist, or a process is still ending: the system removes nothing of it.
  }
}
