/** Failures of an item that no execution repeats yet. The last one of a kind is found without searching the others. */
import { Minima } from '../minima.ts';
import { endMicrosOf } from './duration.ts';
import type { StepDraft } from './execution.ts';

export class UnrepeatedFailures {
  readonly #ofInputs: ReadonlyMap<string | null, FailuresOfInputs>;
  /** Failures by attempt, and by attempt and inputs. */
  readonly #ofAttempts = new Map<string, StepDraft[]>();

  /** `ofItem` has all executions that may be added. */
  constructor(ofItem: readonly StepDraft[]) {
    const failed = ofItem.filter(({ status, inputsHash }) => status === 'FAILED' && inputsHash !== null);
    const ofInputs = Map.groupBy(failed, ({ inputsHash }) => inputsHash);
    this.#ofInputs = new Map([...ofInputs].map(([hash, { length }]) => [hash, new FailuresOfInputs(length)]));
  }

  /** Takes failures in the order of the executions. */
  add(failure: StepDraft): void {
    this.#ofInputs.get(failure.inputsHash)?.add(failure);
    for (const hash of new Set([null, failure.inputsHash])) {
      const key = keyOf(failure.reportedAttempt, hash);
      const failures = this.#ofAttempts.get(key);
      if (failures) failures.push(failure);
      else this.#ofAttempts.set(key, [failure]);
    }
  }

  /** The last failure with these inputs that had ended by then. One without a known end doesn't count. */
  endedBy(micros: number, inputsHash: string | null): StepDraft | null {
    return this.#ofInputs.get(inputsHash)?.lastEndedBy(micros) ?? null;
  }

  /** The last failure of the attempt, with any inputs if `inputsHash` is null. */
  ofAttempt(attempt: number, inputsHash: string | null = null): StepDraft | null {
    const failures = this.#ofAttempts.get(keyOf(attempt, inputsHash)) ?? [];
    while (failures.at(-1)?.isSuperseded) failures.pop();
    return failures.at(-1) ?? null;
  }
}

const keyOf = (attempt: number | null, inputsHash: string | null): string => `${attempt} ${inputsHash ?? ''}`;

class FailuresOfInputs {
  readonly #count: number;
  readonly #failures: StepDraft[] = [];
  /** Ends, from the last failure to the first. */
  readonly #ends: Minima;

  constructor(count: number) {
    this.#count = count;
    this.#ends = new Minima(count, Infinity);
  }

  add(failure: StepDraft): void {
    this.#failures.push(failure);
    this.#ends.set(this.#count - this.#failures.length, endMicrosOf(failure) ?? Infinity);
  }

  lastEndedBy(micros: number): StepDraft | null {
    // Failures without an end have Infinity.
    const limit = Math.min(micros, Number.MAX_VALUE);
    for (let place = this.#ends.firstUpTo(limit); place !== null; place = this.#ends.firstUpTo(limit)) {
      const failure = this.#failures[this.#count - 1 - place];
      if (failure?.isSuperseded === false) return failure;
      this.#ends.set(place, Infinity);
    }
    return null;
  }
}
