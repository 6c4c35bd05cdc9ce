/** The door of redaction: between the JSON of an answer and its facts. Nothing behind it has what a caller may not read. */
import { createHmac } from 'node:crypto';
import { canonicalJson } from '../domain/json.ts';
import type { Redaction } from '../domain/redaction/redaction.ts';
import { Redactor } from '../domain/redaction/redactor.ts';
import { maskedMessage } from '../domain/run/masked-message.ts';
import { errorInfo } from '../domain/step/step-error.ts';
import type { JsonValue, PayloadValues } from '../domain/types.ts';
import type { JsonBody } from './transport/json-body.ts';
import { isObject, type WireFields } from './wire/fields.ts';
import { ownPayloads, payloadValues } from './wire/payloads.ts';

export class Door {
  readonly #redactor: Redactor;
  readonly #secret: Uint8Array;

  constructor({ rules, secret }: Redaction) {
    this.#redactor = new Redactor(rules);
    this.#secret = secret;
  }

  /** Steps or records. The bytes have only payloads: nothing else of an answer is read again. */
  runs({ value }: JsonBody): JsonBody {
    const items = Array.isArray(value)
      ? (value as readonly unknown[]).map((item) => this.#run(item))
      : this.#run(value);
    return { value: items, bytes: ownPayloads([items].flat().map(payloadValues)) };
  }

  workflows({ value, bytes }: JsonBody): JsonBody {
    const workflows = Array.isArray(value) ? (value as readonly unknown[]).map((item) => this.#workflow(item)) : value;
    return { value: workflows, bytes };
  }

  started({ value, bytes }: JsonBody): JsonBody {
    if (!isObject(value)) return { value, bytes };
    return { value: { ...value, ...this.#texts(value, ['message'], (text) => this.#redactor.message(text)) }, bytes };
  }

  /** In what a step or record reports its tokens: as before redaction, but without texts. */
  reporting(original: PayloadValues, redacted: PayloadValues): Pick<PayloadValues, 'inputs' | 'outputs'> {
    return { inputs: redacted.inputs, outputs: this.#redactor.joinedStream(original.outputs) ?? redacted.outputs };
  }

  /** Equal for equal inputs, so that retries are the same for all callers. */
  hashOfInputs = (inputs: JsonValue): string => this.#hash(canonicalJson(inputs));

  /** Equal for errors of one group. Null without an error. */
  hashOfError(error: string | null): string | null {
    const info = errorInfo(error);
    return info && this.#hash(JSON.stringify([info.code, maskedMessage(info.message)]));
  }

  #hash(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('base64url');
  }

  #run(item: unknown): unknown {
    if (!isObject(item)) return item;
    const { inputs, outputs, metadata } = payloadValues(item);
    const redacted: Record<string, unknown> = { ...item };
    if ('inputs' in item) redacted.inputs = this.#redactor.payload(inputs, 'inputs');
    if ('outputs' in item) redacted.outputs = this.#redactor.payload(outputs, 'outputs');
    if ('step_metadata' in item) redacted.step_metadata = this.#redactor.payload(metadata, 'metadata');
    if ('error' in item) redacted.error = this.#redactor.error(item.error as JsonValue);
    if (isObject(item.all_outputs)) redacted.all_outputs = this.#outputs(item.all_outputs);
    return redacted;
  }

  /** Outputs by node, of which only tokens are read. */
  #outputs(ofNodes: WireFields): WireFields {
    return Object.fromEntries(
      Object.entries(ofNodes).map(([nodeId, outputs]) => {
        const value = outputs as JsonValue;
        return [nodeId, this.#redactor.joinedStream(value) ?? this.#redactor.payload(value, 'outputs')];
      }),
    );
  }

  #workflow(item: unknown): unknown {
    if (!isObject(item)) return item;
    const name = (text: string) => this.#redactor.name(text);
    const { graph } = item;
    return {
      ...item,
      ...this.#texts(item, ['name', 'description'], name),
      ...(isObject(graph) && { graph: this.#graph(graph) }),
    };
  }

  #graph(graph: WireFields): WireFields {
    const name = (text: string) => this.#redactor.name(text);
    const { nodes } = graph;
    if (!isObject(nodes)) return graph;
    const redacted = Object.entries(nodes).map(([id, node]): [string, unknown] => {
      if (!isObject(node) || !isObject(node.metadata)) return [id, node];
      return [id, { ...node, metadata: { ...node.metadata, ...this.#texts(node.metadata, ['description'], name) } }];
    });
    return { ...graph, nodes: Object.fromEntries(redacted) };
  }

  #texts(fields: WireFields, names: readonly string[], redact: (text: string) => string): WireFields {
    const texts = names.map((name) => [name, fields[name]] as const);
    return Object.fromEntries(
      texts.flatMap(([name, text]) => (typeof text === 'string' && text !== '' ? [[name, redact(text)]] : [])),
    );
  }
}
