/** One operation in progress: its weight and its turns. */
import { noRoom, type Room, type Share } from './room.ts';
import type { Turns, TurnTaker } from './turns.ts';

/** Bytes that weigh 1. Dense JSON of 8 KB takes 190 KB when parsed. */
export const BODY_BYTES = 4096;
export const ANSWER_BYTES = 65_536;
export const weightOf = (bytes: number, unit: number): number => Math.floor(bytes / unit);

/** Longer documents and responses are parsed and written in a separate turn. */
export const PARSED_AT_ONCE_BYTES = 16_384;
const WRITTEN_AT_ONCE_BYTES = 262_144;

/** How long an operation waits for capacity. */
export const ROOM_WITHIN_MS = 10_000;

export interface TicketOptions {
  readonly room: Room;
  readonly turns: Turns;
  readonly share: Share;
  readonly weight: number;
  readonly order: number;
  readonly isGone: () => boolean;
}

/** Promises reject with AbandonedError if the client has left, and with RATE_LIMITED after 10 s without capacity. */
export class Ticket implements TurnTaker {
  readonly share: Share;
  readonly order: number;
  readonly #room: Room;
  readonly #turns: Turns;
  readonly #isGone: () => boolean;
  #weight: number;
  #bodyBytes = 0;
  #mustFinish = false;
  #isOver = false;
  #goingOn: Promise<undefined> | null = null;

  /** `weight` is already added to the room. */
  constructor({ room, turns, share, weight, order, isGone }: TicketOptions) {
    this.#room = room;
    this.#turns = turns;
    this.share = share;
    this.#weight = weight;
    this.order = order;
    this.#isGone = isGone;
    share.inProgress.push(order);
  }

  isAbandoned(): boolean {
    return this.#isOver || (!this.#mustFinish && this.#isGone());
  }

  isHeldBack(): boolean {
    return this.order > this.share.blockedFrom;
  }

  /** Lets a mutation that has begun finish, even if its client leaves. */
  mustFinish(): void {
    this.#mustFinish = true;
  }

  /** Counts received bytes of the body. Don't read more until the returned promise resolves. */
  receive(bytes: number): Promise<undefined> | null {
    const before = weightOf(this.#bodyBytes, BODY_BYTES);
    this.#bodyBytes += bytes;
    return this.#grow(weightOf(this.#bodyBytes, BODY_BYTES) - before);
  }

  /** Takes a turn to write a large answer or event. */
  turnToWrite(bytes: number): Promise<undefined> | null {
    return bytes > WRITTEN_AT_ONCE_BYTES ? this.nextTurn() : null;
  }

  /** Counts the response, and takes a turn for a large one. Write it afterwards. */
  answer(bytes: number): Promise<undefined> | null {
    const room = this.#grow(weightOf(bytes, ANSWER_BYTES));
    if (!room) return this.turnToWrite(bytes);
    // Otherwise the results of younger operations would pile up.
    const { blockedBy } = this.share;
    blockedBy.push(this.order);
    return room
      .finally(() => {
        blockedBy.splice(blockedBy.indexOf(this.order), 1);
        this.#turns.wake();
      })
      .then(() => this.turnToWrite(bytes) ?? undefined);
  }

  /** Throws RATE_LIMITED if the owner is out of capacity, before work whose result couldn't be kept. */
  checkRoom(): void {
    if (!this.#room.hasForGrowth(this.share, 1, this.order)) throw noRoom();
  }

  /** Continues after a wait, or returns null if the operation already has the turn. Parallel calls share a turn. */
  turn(): Promise<undefined> | null {
    if (this.#turns.isHeldBy(this)) return null;
    if (this.#goingOn) return this.#goingOn;
    const turn = this.#turns.take(this);
    if (!turn) return null;
    return (this.#goingOn = turn.finally(() => {
      this.#goingOn = null;
    }));
  }

  /** Schedules a full turn, or returns null if work may start now. */
  nextTurn(): Promise<undefined> | null {
    return this.#turns.take(this);
  }

  /**
   * Calls back when the turn ends. Between two iterations of the loop, V8 collects young garbage and moves reachable
   * objects to the old generation, where parsed payloads took 500 MB.
   */
  afterTurn(run: () => void): void {
    this.#turns.atEnd(this, run);
  }

  /** Releases all but the bytes that a subscription keeps while it waits for events. */
  keepOnly(bytes: number): void {
    const weight = Math.min(this.#weight, weightOf(bytes, ANSWER_BYTES));
    this.#room.leave(this.share, this.#weight - weight, this.order);
    this.#weight = weight;
  }

  /** Must be called once the response is written or given up. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#room.leave(this.share, this.#weight, this.order);
  }

  #grow(weight: number): Promise<undefined> | null {
    if (weight === 0) return null;
    const isAbandoned = () => this.isAbandoned();
    const wait = this.#room.enter(this.share, { weight, isAbandoned, order: this.order, timeoutMs: ROOM_WITHIN_MS });
    if (!wait) {
      this.#weight += weight;
      return null;
    }
    return wait.then(() => {
      // It may have ended while waiting.
      if (this.#isOver) this.#room.free(this.share, weight);
      else this.#weight += weight;
      return undefined;
    });
  }
}
