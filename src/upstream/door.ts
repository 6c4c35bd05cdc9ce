/**
 * Where redaction happens: between the JSON of a response and its facts. Nothing behind this has what a caller may not
 * read.
 */
import { createHmac } from 'node:crypto';
import { canonicalJson } from '../domain/json.ts';
import type { Redaction } from '../domain/redaction/redaction.ts';
import { Redactor } from '../domain/redaction/redactor.ts';
import { maskedMessage } from '../domain/run/masked-message.ts';
import { answerIn } from '../domain/run/tokens.ts';
import { errorInfo, hasError } from '../domain/step/step-error.ts';
import type { JsonValue, PayloadValues } from '../domain/types.ts';
import type { FieldProblem } from './errors.ts';
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

  /** The bytes contain only payloads, because nothing else of the response is read again. */
  steps(json: JsonBody): JsonBody {
    const { value } = this.records(json);
    return { value, bytes: ownPayloads([value].flat().map(payloadValues)) };
  }

  records({ value, bytes }: JsonBody): JsonBody {
    return { value: eachOf(value, (item) => this.#run(item)), bytes };
  }

  workflows({ value, bytes }: JsonBody): JsonBody {
    return { value: eachOf(value, (item) => this.#workflow(item)), bytes };
  }

  written({ value, bytes }: JsonBody): JsonBody {
    if (!isObject(value) || typeof value.message !== 'string') return { value, bytes };
    return { value: { ...value, message: this.#redactor.text(value.message) }, bytes };
  }

  problems(fields: readonly FieldProblem[]): readonly FieldProblem[] {
    return fields.map(({ path, message }) => ({
      path: this.#redactor.name(path),
      message: this.#redactor.text(message),
    }));
  }

  /** The values that tokens are read from. A stream's events can't be joined after redaction. */
  reporting(original: PayloadValues, redacted: PayloadValues): Pick<PayloadValues, 'inputs' | 'outputs'> {
    const answer = answerIn(original.outputs);
    const outputs = answer === original.outputs ? redacted.outputs : this.#redactor.payload(answer, 'outputs');
    return { inputs: redacted.inputs, outputs };
  }

  /** Equal for equal inputs, so retries are the same for all callers. */
  hashOfInputs = (inputs: JsonValue): string => this.#hash(canonicalJson(inputs));

  /** Equal for errors of one group, or null without an error. */
  hashOfError(error: string | null): string | null {
    const info = errorInfo(error);
    return info && this.#hash(JSON.stringify([info.code, maskedMessage(info.message)]));
  }

  #hash(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('base64url');
  }

  #run(item: WireFields): WireFields {
    const { inputs, outputs, metadata, waitRequest } = payloadValues(item);
    const redacted: Record<string, unknown> = { ...item };
    if ('inputs' in item) redacted.inputs = this.#redactor.payload(inputs, 'inputs');
    if ('outputs' in item) redacted.outputs = this.#redactor.payload(outputs, 'outputs');
    if ('step_metadata' in item) redacted.step_metadata = this.#redactor.payload(metadata, 'metadata');
    if ('wait_request' in item) redacted.wait_request = this.#redactor.json(waitRequest);
    if ('error' in item) redacted.error = this.#error(item.error as JsonValue);
    if (isObject(item.all_outputs)) redacted.all_outputs = this.#outputs(item.all_outputs);
    return redacted;
  }

  /** Blank errors and the like stay: otherwise, only some callers would see an error. */
  #error(error: JsonValue): JsonValue {
    return typeof error === 'string' && !hasError(error) ? error : this.#redactor.error(error);
  }

  /** Outputs by node, from which only tokens are read. */
  #outputs(ofNodes: WireFields): WireFields {
    const read = (outputs: unknown) => this.#redactor.payload(answerIn(outputs as JsonValue), 'outputs');
    return Object.fromEntries(Object.entries(ofNodes).map(([nodeId, outputs]) => [nodeId, read(outputs)]));
  }

  #workflow(workflow: WireFields): WireFields {
    const { graph } = workflow;
    return {
      ...workflow,
      ...this.#names(workflow, ['name', 'description']),
      ...(isObject(graph) && isObject(graph.nodes) && { graph: { ...graph, nodes: this.#nodes(graph.nodes) } }),
    };
  }

  #nodes(nodes: WireFields): WireFields {
    return Object.fromEntries(
      Object.entries(nodes).map(([id, node]): [string, unknown] => {
        if (!isObject(node) || !isObject(node.metadata)) return [id, node];
        const { metadata } = node;
        return [id, { ...node, metadata: { ...metadata, ...this.#names(metadata, ['description']) } }];
      }),
    );
  }

  #names(fields: WireFields, names: readonly string[]): WireFields {
    const texts = names.map((name) => [name, fields[name]] as const);
    return Object.fromEntries(
      texts.flatMap(([name, text]) => (typeof text === 'string' ? [[name, this.#redactor.name(text)]] : [])),
    );
  }
}

/** Objects of a list, or the single object that came without a list. Other values are read unchanged. */
function eachOf(value: unknown, read: (fields: WireFields) => WireFields): unknown {
  const readOne = (item: unknown): unknown => (isObject(item) ? read(item) : item);
  return Array.isArray(value) ? (value as readonly unknown[]).map(readOne) : readOne(value);
}
