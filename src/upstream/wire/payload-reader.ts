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

/** To parse so many values takes 20 to 120 ms, and up to 50 MB. Measured on Node 24. */
const MAX_VALUES = 2 ** 20;

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
      const isReadable = !text || (text.isPlain && text.values <= MAX_VALUES);
      return isReadable ? [] : (this.#read(field).unreadable ?? []);
    });
  }

  #read(field: PayloadField): { readonly value: JsonValue; readonly unreadable?: UnreadableField } {
    const text = this.#texts[field];
    if (!text) return { value: null };
    if (text.values > MAX_VALUES) {
      const problem = `more than ${MAX_VALUES} values, which are answered as a whole alone`;
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
