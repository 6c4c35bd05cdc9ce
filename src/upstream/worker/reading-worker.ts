/**
 * Reads large responses and payloads in another process, one at a time. Not in a thread, because Node ends the whole
 * process if one fills its heap (docs/decisions/0073-reading-worker.md).
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { packageFile } from '../../config/package-file.ts';
import { AbandonedError, GatewayError } from '../errors.ts';
import type { AnswerRead, AnswerRequest, ReadResult, PayloadReply, PayloadRequest } from './messages.ts';

/** An operation waiting for the worker. */
export interface Reader {
  /** Its owner, which shares the worker with others. */
  readonly share: object;
  /** Older operations have smaller numbers. */
  readonly order: number;
  isAbandoned(): boolean;
  /**
   * Whether it is held back while responses of its owner's older operations wait for capacity, because its own would
   * pile up.
   */
  isHeldBack(): boolean;
}

export interface ReadingWorkerOptions {
  /** Milliseconds. Default: the process's. */
  readonly now?: () => number;
  /** Limit of its heap. Default: 256. */
  readonly maxHeapMb?: number | undefined;
  /** Limit of one read, in milliseconds. Default: 30,000. */
  readonly maxReadMs?: number;
}

type Request = PayloadRequest | AnswerRequest;
type Reply = PayloadReply | ReadResult<AnswerRead>;

interface Waiting extends PromiseWithResolvers<Reply> {
  readonly reader: Reader;
  readonly begin: () => Request;
}

const MAX_HEAP_MB = 256;
const MAX_READ_MS = 30_000;
/** An idle worker keeps its heap. */
const IDLE_MS = 30_000;

/** In source or bundled form. */
const FILE = import.meta.filename.endsWith('.ts')
  ? `${import.meta.dirname}/reading-process.ts`
  : packageFile('dist/reading-process.js');

export class ReadingWorker {
  readonly #options: ReadingWorkerOptions;
  readonly #maxHeapMb: number;
  #child: ChildProcess | null = null;
  #current: Waiting | null = null;
  readonly #waiting: Waiting[] = [];
  /** Milliseconds of the worker by owner. A new owner starts where the latest one was, without credit. */
  readonly #used = new WeakMap<object, number>();
  #virtualMs = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: ReadingWorkerOptions = {}) {
    this.#options = options;
    this.#maxHeapMb = options.maxHeapMb ?? MAX_HEAP_MB;
  }

  /** Answers questions about payloads. Rejects like `#read`. */
  readPayloads(reader: Reader, begin: () => PayloadRequest): Promise<PayloadReply> {
    // Boundary: the process is our own, and its responses match the requests.
    return this.#read(reader, begin) as Promise<PayloadReply>;
  }

  /** Reads an upstream response. Rejects like `#read`. */
  readAnswer(reader: Reader, request: AnswerRequest): Promise<ReadResult<AnswerRead>> {
    return this.#read(reader, () => request) as Promise<ReadResult<AnswerRead>>;
  }

  /** Must be called when an owner is no longer held back. */
  wake(): void {
    this.#next();
  }

  async close(): Promise<void> {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(new AbandonedError());
    this.#current?.reject(new AbandonedError());
    await this.#end();
  }

  /**
   * Calls `begin` when it is the reader's turn: the owner that has used the least time goes first. Rejects with its
   * error, with AbandonedError if the client has left, and with UPSTREAM_CONTRACT_VIOLATION if the process ends.
   */
  #read(reader: Reader, begin: () => Request): Promise<Reply> {
    const waiting: Waiting = { reader, begin, ...Promise.withResolvers<Reply>() };
    const isBusy = [this.#current, ...this.#waiting].some((other) => other?.reader.share === reader.share);
    if (!isBusy) this.#used.set(reader.share, Math.max(this.#usedBy(reader), this.#virtualMs));
    this.#waiting.push(waiting);
    this.#next();
    return waiting.promise;
  }

  #usedBy({ share }: Reader): number {
    return this.#used.get(share) ?? 0;
  }

  #next(): void {
    while (!this.#current) {
      const next = this.#takeNext();
      if (!next) return;
      this.#send(next);
    }
  }

  #takeNext(): Waiting | undefined {
    for (const each of this.#waiting.filter(({ reader }) => reader.isAbandoned())) {
      this.#waiting.splice(this.#waiting.indexOf(each), 1);
      each.reject(new AbandonedError());
    }
    const [first] = this.#waiting
      .filter(({ reader }) => !reader.isHeldBack())
      .sort(({ reader: one }, { reader: other }) => this.#usedBy(one) - this.#usedBy(other) || one.order - other.order);
    if (first) this.#waiting.splice(this.#waiting.indexOf(first), 1);
    return first;
  }

  #send(next: Waiting): void {
    let request: Request;
    try {
      request = next.begin();
    } catch (error) {
      next.reject(error);
      return;
    }
    const { reader } = next;
    const { now = () => performance.now(), maxReadMs = MAX_READ_MS } = this.#options;
    const startedMs = now();
    clearTimeout(this.#idleTimer);
    this.#current = next;
    this.#virtualMs = this.#usedBy(reader);
    const child = (this.#child ??= this.#start());
    const timer = setTimeout(() => child.kill('SIGKILL'), maxReadMs);
    const finished = () => {
      clearTimeout(timer);
      this.#used.set(reader.share, this.#usedBy(reader) + now() - startedMs);
      this.#current = null;
      this.#idleTimer = setTimeout(() => void this.#end(), IDLE_MS).unref();
      this.#next();
    };
    next.promise.then(finished, finished);
    // The reply is awaited, so the gateway's process must not end.
    child.channel?.ref();
    child.send(request);
  }

  #start(): ChildProcess {
    const child = fork(FILE, [], {
      // Small semi-spaces: V8's own take 100 MB more.
      execArgv: [`--max-old-space-size=${this.#maxHeapMb}`, '--max-semi-space-size=4', '--expose-gc'],
      // It needs none of the gateway's secrets.
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const ended = () => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#current?.reject(unreadable(this.#maxHeapMb));
    };
    child.on('message', (reply) => {
      child.channel?.unref();
      this.#current?.resolve(reply as Reply);
    });
    child.once('exit', ended);
    child.once('error', ended);
    child.unref();
    return child;
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const child = this.#child;
    this.#child = null;
    if (!child) return;
    const ended = once(child, 'exit');
    // Otherwise, a host with nothing else to do would end while waiting for this.
    child.ref();
    child.kill('SIGKILL');
    await ended;
  }
}

const unreadable = (maxHeapMb: number): GatewayError =>
  new GatewayError(
    'UPSTREAM_CONTRACT_VIOLATION',
    `JSON must be readable with ${maxHeapMb} MB of memory in 30 s, got JSON that is not. Read it from the workflow API.`,
  );
