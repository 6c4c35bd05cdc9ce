/** Budgets of one operation. They count while it runs, and reject the rest. */
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

/** Records of a history that take as long as one object of the answer. */
const RECORDS_AN_OBJECT = 10;
/** The same for steps that are read for a computed value, and for values that are compared, such as sentences. */
const STEPS_AN_OBJECT = 10;
const VALUES_AN_OBJECT = 100;

/** An error takes as long as hundreds of values, so many failing fields would block the event loop for seconds. */
const MAX_FAILURES = 5000;

export class Budgets extends CallBudget {
  readonly #limits: Limits;
  #objects = 0;
  #payloadBytes = 0;
  #failures = 0;
  // One error for all fields, since an error with its stack is costly.
  #tooManyObjects: GatewayError | undefined;
  #tooManyBytes: GatewayError | undefined;
  /** Steps of JMESPath, shared by all paths. */
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

  /** Counts values that are compared. */
  takeValues(count: number): void {
    this.takeObjects(count / VALUES_AN_OBJECT);
  }

  /** Counts a payload's bytes before it becomes part of the answer. Throws ANSWER_TOO_LARGE beyond the limit. */
  takePayload(bytes: number): void {
    this.#payloadBytes += bytes;
    const { maxAnswerBytes } = this.#limits;
    if (this.#payloadBytes > maxAnswerBytes) throw (this.#tooManyBytes ??= answerTooLarge(maxAnswerBytes));
  }

  /** What parts of payloads may still take. */
  room(): Room {
    return { steps: this.paths.left(), bytes: Math.max(0, this.#limits.maxAnswerBytes - this.#payloadBytes) };
  }

  /** Counts a failed field or item. */
  addFailure(): void {
    this.#failures += 1;
  }

  /** Whether too many fields have failed: nothing more is read then. */
  get hasTooManyFailures(): boolean {
    return this.#failures > MAX_FAILURES;
  }

  /** Error that replaces the whole answer. Null if the answer may be sent. */
  excess(): GatewayError | null {
    if (this.hasTooManyFailures) return tooManyFailures();
    return this.#tooManyBytes ?? null;
  }

  /** Call it before the operation is executed again from the start: the first results are discarded. */
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
      'Select fewer runs or steps, or a part of a payload by its path.',
  );

const tooManyObjects = (maximum: number): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `The response exceeds ${maximum} objects (MAX_OPERATION_OBJECTS). ` + 'Select smaller pages, or less of each run.',
  );

const tooManyFailures = (): GatewayError =>
  new GatewayError(
    'ANSWER_TOO_LARGE',
    `More than ${MAX_FAILURES} fields failed. Select fewer steps, or only one of the failed fields, to ` +
      'see their errors.',
  );
