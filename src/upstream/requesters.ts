/** Those waiting for an upstream call, whose shares of the slots it may use. */

/** One of those waiting for a call. Owners get equal shares of the upstream, whatever their number of calls. */
export interface Requester {
  readonly owner: string;
  /** Returns the name of its network. All unauthenticated callers of a network have one share. */
  network(): string;
  /** Whether its key hasn't been accepted yet. */
  isStranger(): boolean;
}

interface Waiting {
  readonly requester: Requester;
  /** How many with the same participant are waiting. */
  count: number;
}

/** The requesters of one call, one per participant. They have the same key. */
export class Requesters {
  /** Grows with each change, so a queue of a thousand calls needs to look only at those that have changed. */
  version = 0;
  readonly #waiting = new Map<string, Waiting>();

  /** The call begins before `first` waits for it. */
  constructor(first: Requester) {
    this.#waiting.set(participantOf(first), { requester: first, count: 0 });
  }

  /** Returns the function that removes it. */
  add(requester: Requester): () => void {
    const participant = participantOf(requester);
    const waiting = this.#waiting.get(participant) ?? { requester, count: 0 };
    waiting.count += 1;
    this.#waiting.set(participant, waiting);
    this.version += 1;
    return () => {
      waiting.count -= 1;
      if (waiting.count > 0) return;
      this.#waiting.delete(participant);
      this.version += 1;
    };
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** By participant, in order of arrival. */
  *entries(): Generator<readonly [string, Requester], undefined> {
    for (const [participant, { requester }] of this.#waiting) yield [participant, requester];
    return undefined;
  }

  /** Any one of them shows whether their key is accepted. False if none is left. */
  areStrangers(): boolean {
    for (const { requester } of this.#waiting.values()) return requester.isStranger();
    return false;
  }
}

const participantOf = (requester: Requester): string =>
  requester.isStranger() ? `network ${requester.network()}` : `owner ${requester.owner}`;
