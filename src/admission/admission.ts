/**
 * Fair admission for operations of every transport. Each operation counts against its owner's capacity from its arrival
 * until its response is written, and CPU-heavy work is scheduled in turns, so no owner can starve the others.
 */
import type { After } from '../runtime/clock.ts';
import type { Owner } from '../auth/caller.ts';
import { noRoom, Room, Share } from './room.ts';
import { ANSWER_BYTES, BODY_BYTES, ROOM_WITHIN_MS, Ticket, weightOf } from './ticket.ts';
import { LOOP_OF_NODE, Turns, type Loop } from './turns.ts';

/** Idle owners to remember, besides as many again that are busy. */
const IDLE_OWNERS = 100;

export interface AdmissionOptions {
  readonly after: After;
  readonly loop?: Loop | undefined;
}

export class Admission {
  readonly #room: Room;
  readonly #turns: Turns;
  readonly #shares = new Map<string, Share>();
  #forgetFrom = IDLE_OWNERS;
  #admitted = 0;

  constructor({ after, loop = LOOP_OF_NODE }: AdmissionOptions) {
    this.#room = new Room(after);
    this.#turns = new Turns(loop);
  }

  /** Calls back when operations held back by a response that waits for capacity may continue. */
  onWake(wake: () => void): void {
    this.#turns.onWake(wake);
  }

  /** Number of remembered owners. */
  get ownerCount(): number {
    return this.#shares.size;
  }

  /**
   * Throws RATE_LIMITED if the owner has used up its capacity. `isGone` returns true once the client has left; `bytes`
   * is the part of the body received so far.
   */
  admit(owner: Owner, isGone: () => boolean, bytes = 0): Ticket {
    const share = this.#shareOf(owner);
    const weight = atMostHalf(share, 1 + weightOf(bytes, BODY_BYTES));
    if (!this.#room.has(share, weight)) throw noRoom();
    this.#room.add(share, weight);
    return this.#ticketOf(share, weight, isGone);
  }

  /** Waits up to 10 s for capacity. Rejects with RATE_LIMITED, or with AbandonedError if the client has left. */
  admitLater(owner: Owner, isGone: () => boolean, bytes = 0): Ticket | Promise<Ticket> {
    return this.#enter(owner, 1 + weightOf(bytes, BODY_BYTES), isGone, ROOM_WITHIN_MS);
  }

  /** Admits an event of a subscription, which waits as long as necessary. */
  admitEvent(owner: Owner, isGone: () => boolean, bytes: number): Ticket | Promise<Ticket> {
    return this.#enter(owner, 1 + weightOf(bytes, ANSWER_BYTES), isGone, null);
  }

  #enter(owner: Owner, wanted: number, isGone: () => boolean, timeoutMs: number | null): Ticket | Promise<Ticket> {
    const share = this.#shareOf(owner);
    const weight = atMostHalf(share, wanted);
    const wait = this.#room.enter(share, { weight, isAbandoned: isGone, order: null, timeoutMs });
    return wait ? wait.then(() => this.#ticketOf(share, weight, isGone)) : this.#ticketOf(share, weight, isGone);
  }

  #shareOf(owner: Owner): Share {
    const known = this.#shares.get(owner.key);
    if (known) return known;
    if (this.#shares.size >= this.#forgetFrom) this.#forgetIdle();
    const share = new Share(owner);
    this.#shares.set(owner.key, share);
    return share;
  }

  #ticketOf(share: Share, weight: number, isGone: () => boolean): Ticket {
    this.#admitted += 1;
    return new Ticket({ room: this.#room, turns: this.#turns, share, weight, order: this.#admitted, isGone });
  }

  /** Forgets all of them at once: forgetting an owner after each operation would recreate it for the next one. */
  #forgetIdle(): void {
    for (const [name, share] of this.#shares) if (share.isEmpty) this.#shares.delete(name);
    this.#forgetFrom = IDLE_OWNERS + 2 * this.#shares.size;
  }
}

/** Ensures that even the largest message or event fits eventually. */
const atMostHalf = ({ maxWeight }: Share, weight: number): number => Math.min(weight, maxWeight / 2);
