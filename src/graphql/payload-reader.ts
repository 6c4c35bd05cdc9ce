/**
 * Reads the payloads of one operation. Each JSON body is parsed once for all fields of a turn, and its values are
 * dropped when the turn ends. The worker reads a large body, for all fields that ask before its turn comes.
 */
import type { Payload, PayloadValues } from '../domain/types.ts';
import type { ReadingWorker } from '../upstream/worker/reading-worker.ts';
import { valueOf, type PayloadReply } from '../upstream/worker/messages.ts';
import { answerTo, ParsedPayloads, type AnswerTo, type Asked, type Room } from '../upstream/worker/questions.ts';
import { PARSED_AT_ONCE_BYTES, type Ticket } from '../admission/ticket.ts';

type Body = Payload['body'];

export interface PayloadReaderOptions {
  readonly ticket: Ticket;
  readonly worker: ReadingWorker;
  /** The worker reads larger bodies. Default: one mebibyte, which takes 1 to 50 ms. */
  readonly maxBytesOnLoop?: number | undefined;
  /** Called before a body is parsed. Throws if its values couldn't be returned. */
  readonly check: () => void;
  /** What the operation may still use. */
  readonly room: () => Room;
}

const TURN_BYTES = 2 ** 20;

interface Waiting {
  readonly body: Body;
  readonly read: () => void;
  readonly fail: (error: unknown) => void;
}

/** Questions to ask the worker. */
interface Gathering {
  readonly questions: Asked[];
  readonly replies: Promise<PayloadReply>;
}

export class PayloadReader {
  readonly #options: PayloadReaderOptions;
  readonly #maxBytesOnLoop: number;
  /**
   * Bodies parsed in this turn, in a new map: V8 moves the values of an old map to the old generation, even after
   * `clear`, which took 500 MB for readers that had waited for the upstream.
   */
  #parsed: Map<Body, ParsedPayloads> | null = null;
  #parsedBytes = 0;
  #waiting: Waiting[] = [];
  readonly #gathering = new Map<Body, Gathering>();

  constructor(options: PayloadReaderOptions) {
    this.#options = options;
    this.#maxBytesOnLoop = options.maxBytesOnLoop ?? TURN_BYTES;
  }

  /** Responds at once, in a later turn, or when the worker has read the body. */
  ask<Each extends Asked['name']>(body: Body, asked: Asked & Asked<Each>): AnswerTo<Each> | Promise<AnswerTo<Each>> {
    if (body.length > this.#maxBytesOnLoop) return this.#askWorker(body, asked);
    return this.#read(body, (payloads) => answerTo<Each>(payloads, asked, this.#options.room()));
  }

  /** Values for an embedder's field. However large, they are parsed on the event loop. */
  values({ body }: Payload, use: (payloads: ParsedPayloads) => PayloadValues): PayloadValues | Promise<PayloadValues> {
    return this.#read(body, use);
  }

  #read<T>(body: Body, use: (payloads: ParsedPayloads) => T): T | Promise<T> {
    const isAtOnce = this.#parsed?.has(body) === true || this.#parsedBytes + body.length <= PARSED_AT_ONCE_BYTES;
    return isAtOnce ? use(this.#payloadsIn(body)) : this.#wait(body, use);
  }

  #payloadsIn(body: Body): ParsedPayloads {
    const known = this.#parsed?.get(body);
    if (known) return known;
    this.#options.check();
    const payloads = new ParsedPayloads(body);
    if (!this.#parsed) {
      this.#options.ticket.afterTurn(() => {
        this.#parsed = null;
        this.#parsedBytes = 0;
      });
    }
    this.#parsed ??= new Map();
    this.#parsed.set(body, payloads);
    this.#parsedBytes += body.length;
    return payloads;
  }

  #hasRoomFor(body: Body): boolean {
    return !this.#parsed || this.#parsed.has(body) || this.#parsedBytes + body.length <= TURN_BYTES;
  }

  #wait<T>(body: Body, use: (payloads: ParsedPayloads) => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const read = () => {
      try {
        resolve(use(this.#payloadsIn(body)));
      } catch (error) {
        reject(error);
      }
    };
    this.#waiting.push({ body, read, fail: reject });
    if (this.#waiting.length === 1) void this.#readInTurns();
    return promise;
  }

  async #readInTurns(): Promise<void> {
    while (this.#waiting.length > 0) {
      try {
        await this.#options.ticket.nextTurn();
      } catch (error) {
        for (const { fail } of this.#waiting) fail(error);
        this.#waiting = [];
        return;
      }
      const later = [];
      for (const each of this.#waiting) {
        if (this.#hasRoomFor(each.body)) each.read();
        else later.push(each);
      }
      this.#waiting = later;
    }
  }

  async #askWorker<Each extends Asked['name']>(body: Body, asked: Asked & Asked<Each>): Promise<AnswerTo<Each>> {
    const gathering = this.#gathering.get(body) ?? this.#gather(body);
    const at = gathering.questions.push(asked) - 1;
    const reply = (await gathering.replies)[at];
    if (!reply) throw new Error('The worker must answer each question, got fewer answers');
    // Boundary: the answers come from our own process, in the order of the questions.
    return valueOf(reply);
  }

  #gather(body: Body): Gathering {
    const questions: Asked[] = [];
    const gathering = { questions, replies: this.#replies(body, questions) };
    this.#gathering.set(body, gathering);
    return gathering;
  }

  async #replies(body: Body, questions: readonly Asked[]): Promise<PayloadReply> {
    const { worker, ticket, check, room } = this.#options;
    // Sending the body takes a while, so other fields can ask meanwhile.
    await ticket.nextTurn();
    return worker.readPayloads(ticket, () => {
      this.#gathering.delete(body);
      check();
      return { body, questions, room: room() };
    });
  }
}
