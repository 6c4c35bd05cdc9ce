/** The payload of a step or a run record: read from the cached text when it is asked for. */
import { hasLeaf, jsonTextBytes, unwritable } from '../../domain/json.ts';
import { mayBeRounded } from '../../domain/long-integers.ts';
import type { JsonValue, PayloadField, ReadPayload, StepPayload, UnreadableField } from '../../domain/types.ts';
import type { JsonText } from '../transport/json-text.ts';

/** The payload fields may be of any shape, and absent. */
interface PayloadOnWire {
  readonly inputs?: JsonValue;
  readonly outputs?: JsonValue;
  readonly step_metadata?: JsonValue;
}

const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value);

const PAYLOAD_FIELDS: readonly PayloadField[] = ['inputs', 'outputs', 'metadata'];

/** Of the item at `index`, or of an answer that is one object. */
export function payloadReader(json: Pick<JsonText, 'sizeBytes' | 'read'>, index: number): ReadPayload<StepPayload> {
  // Checked at the first reading: most payloads are never read, and some are read again and again.
  let isRounded: boolean | undefined;
  let unreadable: readonly UnreadableField[] | undefined;
  const read = () => {
    let payload = payloadIn(json.read(isRounded), index);
    if (isRounded === undefined) {
      isRounded = hasLeaf(payload, mayBeRounded);
      if (isRounded) payload = payloadIn(json.read(true), index);
    }
    unreadable ??= unreadableIn(payload);
    const readable = { ...payload, unreadable };
    for (const { field } of unreadable) readable[field] = null;
    return readable;
  };
  return Object.assign(read, { text: json, textBytes: json.sizeBytes });
}

function payloadIn(value: unknown, index: number) {
  const answer = value as PayloadOnWire | readonly (PayloadOnWire | null)[];
  const { inputs, outputs, step_metadata: metadata } = (isList(answer) ? answer[index] : answer) ?? {};
  return { inputs: inputs ?? null, outputs: outputs ?? null, metadata: metadata ?? null };
}

/** One list for all payloads without such fields. */
const NONE: readonly UnreadableField[] = [];

function unreadableIn(payload: Readonly<Record<PayloadField, JsonValue>>): readonly UnreadableField[] {
  const problems = PAYLOAD_FIELDS.flatMap((field) => {
    const problem = unwritable(payload[field]);
    return problem === null ? [] : [{ field, problem, sizeBytes: jsonTextBytes(payload[field]) }];
  });
  return problems.length === 0 ? NONE : problems;
}
