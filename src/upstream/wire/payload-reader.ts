/** The payload of a step or a run record: read from the cached bytes when it is asked for. */
import { hasLeaf, jsonTextBytes, unwritable } from '../../domain/json.ts';
import { mayBeRounded } from '../../domain/long-integers.ts';
import type { JsonValue, PayloadField, ReadPayload, StepPayload, UnreadableField } from '../../domain/types.ts';
import type { JsonItem, JsonText } from '../transport/json-answer.ts';

const NAMES: Readonly<Record<PayloadField, string>> = {
  inputs: 'inputs',
  outputs: 'outputs',
  metadata: 'step_metadata',
};

const FIELDS = Object.keys(NAMES) as readonly PayloadField[];

/** Of parsing a field: a tenth of a second, for eight million numbers or a million objects. */
const MAX_COST = 2 ** 23;

/** Undefined for an item that has none. */
export function payloadReader(item: JsonItem | undefined): ReadPayload<StepPayload> {
  const texts = {
    inputs: item?.member(NAMES.inputs) ?? null,
    outputs: item?.member(NAMES.outputs) ?? null,
    metadata: item?.member(NAMES.metadata) ?? null,
  };
  return Object.assign(() => new Payload(texts), { texts, heldBytes: item?.heldBytes ?? 0 });
}

type Texts = Readonly<Record<PayloadField, JsonText | null>>;

/** Each field is read when it is asked for. */
class Payload implements StepPayload {
  readonly #texts: Texts;

  constructor(texts: Texts) {
    this.#texts = texts;
  }

  get inputs(): JsonValue {
    return this.#read('inputs').value;
  }

  get outputs(): JsonValue {
    return this.#read('outputs').value;
  }

  get metadata(): JsonValue {
    return this.#read('metadata').value;
  }

  get unreadable(): readonly UnreadableField[] {
    return FIELDS.flatMap((field) => {
      const text = this.#texts[field];
      const isReadable = !text || (text.isPlain && text.cost <= MAX_COST);
      return isReadable ? [] : (this.#read(field).unreadable ?? []);
    });
  }

  #read(field: PayloadField): { readonly value: JsonValue; readonly unreadable?: UnreadableField } {
    const text = this.#texts[field];
    if (!text) return { value: null };
    if (text.cost > MAX_COST) {
      const problem = 'too many values to be read; it is answered as a whole alone';
      return { value: null, unreadable: { field, problem, sizeBytes: text.sizeBytes } };
    }
    let value = text.read();
    if (text.isPlain) return { value };
    if (hasLeaf(value, mayBeRounded)) value = text.read(true);
    const problem = unwritable(value);
    if (problem === null) return { value };
    return { value: null, unreadable: { field, problem, sizeBytes: jsonTextBytes(value) } };
  }
}
