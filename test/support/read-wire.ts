/** Answers of an upstream, read as the gateway reads them. */
import * as contract from '../../src/upstream/contract.ts';
import { jsonAnswerOf, type JsonAnswer } from '../../src/upstream/transport/json-answer.ts';
import { bodyOf } from '../harness/wire.ts';

/** An answer as it comes. */
export const answerOf = (json: unknown): JsonAnswer => jsonIn(bodyOf(json));

export const jsonIn = (body: Buffer, names: ReadonlySet<string> = contract.WIRE_NAMES): JsonAnswer =>
  finished(jsonAnswerOf(body, names));

export function finished<T>(work: Generator<void, T, void>): T {
  for (let step = work.next(); ; step = work.next()) if (step.done === true) return step.value;
}

const atOnce =
  <A extends unknown[], T>(read: (...args: A) => Generator<void, T, void>) =>
  (...args: A): T =>
    finished(read(...args));

export const readSteps = atOnce(contract.readSteps);
export const readRun = atOnce(contract.readRun);
export const readRuns = atOnce(contract.readRuns);
export const readWorkflows = atOnce(contract.readWorkflows);
