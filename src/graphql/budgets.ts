/** Budgets of one operation. They are counted while it runs, and reject what exceeds them. */
import { jsonBytes } from '../domain/json-bytes.ts';
import { createPathBudget, type PathBudget } from '../domain/json-path/json-path.ts';
import { CallBudget } from '../runs/read-context.ts';
import { GatewayError } from '../upstream/errors.ts';
import type { Room } from '../upstream/worker/questions.ts';

export interface Limits {
  readonly maxUpstreamCalls: number;
  readonly maxObjects: number;
  readonly maxAnswerBytes: number;
}

/** History records that take as long as one object of the response. */
const RECORDS_AN_OBJECT = 10;
/** The same for steps that are read for a computed value, and for compared values such as sentences. */
const STEPS_AN_OBJECT = 10;
const VALUES_AN_OBJECT = 100;

/** An error takes as long as hundreds of values, so too many failed fields would block the event loop for seconds. */
const MAX_FAILURES = 5000;

export class Budgets extends CallBudget {
  readonly #limits: Limits;
  #objects = 0;
  #payloadBytes = 0;
  #failures = 0;
  // Shared by all fields, because each stack trace is costly.
  #tooManyObjects: GatewayError | undefined;
  #tooManyBytes: GatewayError | undefined;
  /** JMESPath steps, shared by all paths. */
  paths: PathBudget = createPathBudget();

  constructor(limits: Limits) {
    super(limits.maxUpstreamCalls);
    this.#limits = limits;
  }

  /** Counts objects of the response, and runs that a computed value reads. Throws ANSWER_TOO_LARGE beyond the limit. */
  takeObjects(count: number): void {
    this.#objects += count;
    const { maxObjects } = this.#limits;
    if (this.#objects > maxObjects) throw (this.#tooManyObjects ??= tooManyObjects(maxObjects));
  }

  /** Counts records of a history before they are read. */
  takeRecords(count: number): void {
    this.takeObjects(Math.ceil(count / RECORDS_AN_OBJECT));
  }

  /** Counts steps each time that a computed value reads them. */
  takeSteps(count: number): void {
    this.takeObjects(count / STEPS_AN_OBJECT);
  }

  /** Counts compared values. */
  takeValues(count: number): void {
    this.takeObjects(count / VALUES_AN_OBJECT);
  }

  /** Counts a payload's bytes before it becomes part of the response. Throws ANSWER_TOO_LARGE beyond the limit. */
  takePayload(bytes: number): void {
    this.#payloadBytes += bytes;
    const { maxAnswerBytes } = this.#limits;
    if (this.#payloadBytes > maxAnswerBytes) throw (this.#tooManyBytes ??= answerTooLarge(maxAnswerBytes));
  }

  /** What parts of payloads may still use. */
  room(): Room {
    return { steps: this.paths.left(), bytes: Math.max(0, this.#limits.maxAnswerBytes - this.#payloadBytes) };
  }

  /** Counts a failed field or item. */
  addFailure(): void {
    this.#failures += 1;
  }

  /** Whether too many fields have failed, after which nothing more is read. */
  get hasTooManyFailures(): boolean {
    return this.#failures > MAX_FAILURES;
  }

  /** Error that replaces the whole response, or null if the response may be sent. */
  excess(): GatewayError | null {
    if (this.hasTooManyFailures) return tooManyFailures();
    return this.#tooManyBytes ?? null;
  }

  /** Must be called before the operation is executed again from the start, discarding the first results. */
  renew(): void {
    this.#objects = this.#payloadBytes = this.#failures = 0;
    this.#tooManyBytes = undefined;
    this.paths = createPathBudget();
  }
}

/** Returns the size as JSON in bytes. Throws ANSWER_TOO_LARGE above `maximum`. */
export function measureAnswer(result: unknown, maximum: number): number {
  const size = jsonBytes(result, maximum);
  if (size > maximum) throw answerTooLarge(maximum);
  return size;
}

const answerTooLarge = (maximum: number): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `The response exceeds ${maximum} bytes (MAX_ANSWER_BYTES). ` +
      'Select fewer runs or steps, or use path to select part of a payload.',
  );

const tooManyObjects = (maximum: number): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `The response exceeds ${maximum} objects (MAX_OPERATION_OBJECTS). ` + 'Select smaller pages or fewer fields.',
  );

const tooManyFailures = (): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `More than ${MAX_FAILURES} fields failed. Select fewer steps, or only one of the failed fields, to ` +
      'see their errors.',
  );
