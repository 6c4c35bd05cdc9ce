/** What operations ask about payloads: pure functions whose arguments and results can be sent to another process. */
import { boundJson, type Bounded } from '../../domain/bounded-json.ts';
import { findCall, type FoundCall } from '../../domain/changes/model-calls.ts';
import { conversationOf } from '../../domain/conversation/conversation.ts';
import type { Conversation } from '../../domain/conversation/message.ts';
import { inputValues, type InputValues } from '../../domain/inputs/input-values.ts';
import { jsonBytes } from '../../domain/json-bytes.ts';
import { findAt, stepsOfPath, type PathExpression } from '../../domain/json-path/json-path.ts';
import { fieldOf, unwritable } from '../../domain/json.ts';
import { parseExactJson } from '../../domain/long-integers.ts';
import type { JsonValue, PayloadField, PayloadValues } from '../../domain/types.ts';
import { GatewayError } from '../errors.ts';
import { payloadValues } from '../wire/payloads.ts';

/** What the operation may still use. Each part reduces it. */
export interface Room {
  /** JMESPath steps. */
  steps: number;
  /** Bytes of the response. */
  bytes: number;
}

/** A field of a payload, or the first `input_data` of some payloads. */
type Source = { readonly index: number; readonly field: PayloadField } | { readonly inputData: readonly number[] };

/** A value, or the part of it at a path. */
export interface Part {
  readonly steps: number;
  /** Size of its JSON, more than allowed if it was only partly counted. */
  readonly bytes: number;
  /** A large value as compact JSON, or null beyond the operation's budget. */
  readonly value: JsonValue | Uint8Array;
}

/** Arguments and result by question. */
interface Questions {
  readonly part: readonly [{ readonly source: Source; readonly path: PathExpression | null }, Part];
  /** Bytes of compact JSON, 0 for null. */
  readonly size: readonly [{ readonly index: number; readonly field: PayloadField }, number];
  readonly conversation: readonly [{ readonly index: number }, Conversation | null];
  readonly modelCall: readonly [{ readonly index: number }, FoundCall | null];
  /** Input values, or null unless the inputs are a readable object. */
  readonly inputValues: readonly [{ readonly index: number }, InputValues | null];
  /** The whole JSON, cut. */
  readonly bounded: readonly [{ readonly maxBytes: number }, Bounded];
}

type Name = keyof Questions;

/** A question with its arguments. */
export type Asked<Each extends Name = Name> = {
  [Of in Each]: { readonly name: Of; readonly args: Questions[Of][0] };
}[Each];

export type AnswerTo<Each extends Name = Name> = Questions[Each][1];

/** Larger values are returned as bytes. Writing a response of 16 MiB of small ones would block the event loop. */
const LARGE_VALUE_BYTES = 256;

interface KnownField {
  readonly value: JsonValue;
  /** Why the value can't be sent, or null. */
  readonly problem: string | null;
  sizeBytes: number | null;
}

/** The parsed JSON of payloads, with what is known about their fields, so many aliases compute it once. */
export class ParsedPayloads {
  readonly json: JsonValue;
  readonly #known = new Map<string, KnownField>();
  #inputData: JsonValue | undefined;

  constructor(body: Uint8Array) {
    // Boundary: the JSON comes from a response that was read before.
    this.json = parseExactJson(Buffer.from(body.buffer, body.byteOffset, body.length).toString()) as JsonValue;
  }

  values(index: number): PayloadValues {
    return payloadValues(Array.isArray(this.json) ? (this.json as readonly JsonValue[])[index] : this.json);
  }

  field(index: number, field: PayloadField): KnownField {
    const key = `${field} ${index}`;
    const value = this.values(index)[field];
    const known = this.#known.get(key) ?? { value, problem: unwritable(value), sizeBytes: null };
    this.#known.set(key, known);
    return known;
  }

  /** Throws UPSTREAM_CONTRACT_VIOLATION for a value that can't be sent. */
  readable(index: number, field: PayloadField): JsonValue {
    const { value, problem } = this.field(index, field);
    if (problem === null) return value;
    throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', `${field}: ${problem}`);
  }

  size(index: number, field: PayloadField): number {
    const known = this.field(index, field);
    return (known.sizeBytes ??= known.value === null ? 0 : jsonBytes(known.value));
  }

  /** Unreadable inputs throw, because a later step's `input_data` would be wrong. All steps belong to one run. */
  inputData(indexes: readonly number[]): JsonValue {
    if (this.#inputData !== undefined) return this.#inputData;
    const found = indexes.values().map((index) => fieldOf(this.readable(index, 'inputs'), 'input_data'));
    return (this.#inputData = found.find((inputs) => inputs !== undefined) ?? null);
  }
}

type Answers = {
  readonly [Each in Name]: (payloads: ParsedPayloads, args: Asked<Each>['args'], room: Room) => AnswerTo<Each>;
};

const ANSWERS: Answers = {
  part(payloads, { source, path }, room) {
    const value =
      'field' in source ? payloads.readable(source.index, source.field) : payloads.inputData(source.inputData);
    const steps = path ? stepsOfPath(path, value, room.steps) : 0;
    const hasSteps = steps <= room.steps;
    room.steps = hasSteps ? room.steps - steps : 0;
    if (!hasSteps) return { steps, bytes: 0, value: null };
    const found = path ? findAt(path, value) : value;
    const isWhole = !path && 'field' in source;
    const bytes = isWhole ? payloads.size(source.index, source.field) : jsonBytes(found, room.bytes);
    const hasBytes = bytes <= room.bytes;
    room.bytes = hasBytes ? room.bytes - bytes : 0;
    if (!hasBytes) return { steps, bytes, value: null };
    return { steps, bytes, value: bytes > LARGE_VALUE_BYTES ? Buffer.from(JSON.stringify(found)) : found };
  },
  size: (payloads, { index, field }) => payloads.size(index, field),
  conversation: (payloads, { index }) =>
    conversationOf(payloads.readable(index, 'inputs'), payloads.readable(index, 'outputs')),
  modelCall: (payloads, { index }) => findCall(payloads.values(index)),
  inputValues(payloads, { index }) {
    const { value, problem } = payloads.field(index, 'inputs');
    return problem === null ? inputValues(value) : null;
  },
  bounded: ({ json }, { maxBytes }) => boundJson(json, maxBytes),
};

export const answerTo = <Each extends Name>(
  payloads: ParsedPayloads,
  { name, args }: Asked<Each>,
  room: Room,
): AnswerTo<Each> => ANSWERS[name](payloads, args, room);
