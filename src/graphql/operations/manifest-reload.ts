/**
 * Reads manifests at startup, and again whenever their content changes. Reading the content works however a file is
 * replaced: in place, by renaming, or with a new target of a symbolic link, as Kubernetes replaces a ConfigMap.
 */
import { hash } from 'node:crypto';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from '../../observability/logger.ts';
import type { After } from '../../runtime/clock.ts';
import { inPieces } from '../../runtime/in-pieces.ts';
import { operationsIn, readManifest, type ManifestFile } from './manifests.ts';

const INTERVAL_MS = 5000;

/** A value created from the manifests, which is replaced as a whole. */
interface Reloaded<T> {
  readonly current: T;
  close(): void;
}

interface ManifestReloadOptions<T> {
  readonly paths: readonly string[];
  readonly schema: GraphQLSchema;
  /** Creates the value from the documents by id. May throw. */
  readonly make: (documents: ReadonlyMap<string, string>) => T;
  readonly after: After;
  readonly logger: Logger;
  /** Called for each change. */
  readonly count: (outcome: 'ok' | 'failed') => void;
}

/**
 * Rejects with an Error that names the invalid file. Later, an invalid file is logged, and the previous value stays.
 */
export async function reloadManifests<T>(options: ManifestReloadOptions<T>): Promise<Reloaded<T>> {
  const { paths, schema, make, after, logger, count } = options;
  const read = () => Promise.all(paths.map(readManifest));
  const valueOf = async (files: readonly ManifestFile[]) => make(await inPieces(operationsIn(files, schema)));
  const first = await read();
  let current = await valueOf(first);
  let seen = digestOf(first);
  let tried = seen;
  let isClosed = false;
  let cancel: (() => void) | null = null;

  async function load(files: readonly ManifestFile[] | Error): Promise<void> {
    try {
      if (files instanceof Error) throw files;
      current = await valueOf(files);
      count('ok');
      logger.info({ paths }, 'the changed manifests are in use');
    } catch (error) {
      count('failed');
      logger.warn(
        { problem: (error as Error).message },
        'the changed manifests are invalid; the previous ones stay in use',
      );
    }
  }

  async function check(): Promise<void> {
    const files = await read().catch((error: unknown) => error as Error);
    const digest = files instanceof Error ? files.message : digestOf(files);
    // A file may be half-written, or missing between two steps of its replacement, so two reads must agree.
    const isSettled = digest === seen;
    seen = digest;
    if (isSettled && digest !== tried) {
      tried = digest;
      await load(files);
    }
  }

  function schedule(): void {
    if (isClosed || paths.length === 0) return;
    cancel = after(INTERVAL_MS, () => void check().then(schedule));
  }

  schedule();
  return {
    get current() {
      return current;
    },
    close() {
      isClosed = true;
      cancel?.();
    },
  };
}

const digestOf = (files: readonly ManifestFile[]): string =>
  hash('sha256', JSON.stringify(files.map(({ text }) => text)));
