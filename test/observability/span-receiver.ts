/** A collector that receives OTLP over HTTP, and reads the spans of exports as JSON. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { listen, stop } from '../harness/local-server.ts';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The code 2 is an error. */
  readonly status: { readonly code?: number; readonly message?: string };
  readonly service: unknown;
  /** The attributes of the span's resource. */
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface ReceivedExport {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The uncompressed body, with one character for each byte. */
  readonly text: string;
}

interface OtlpAttribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly (Omit<ReceivedSpan, 'attributes' | 'service' | 'resource'> & {
        readonly attributes: readonly OtlpAttribute[];
      })[];
    }[];
  }[];
}

const TYPES = ['application/json', 'application/x-protobuf'];

export class SpanReceiver {
  /** The status of its answers. Requests other than OTLP get 404. */
  status = 200;
  /** It answers no request before this resolves. */
  gate: Promise<unknown> = Promise.resolve();
  exports: readonly ReceivedExport[] = [];
  #bodies: string[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #path: string;
  #server = createServer();
  #port = 0;

  constructor(path = '/v1/traces') {
    this.#path = path;
  }

  async open(): Promise<this> {
    [this.status, this.gate, this.exports, this.#bodies] = [200, Promise.resolve(), [], []];
    this.#server = createServer((request, response) => void this.#receive(request, response));
    this.#port = await listen(this.#server);
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get spans(): readonly ReceivedSpan[] {
    return this.#bodies.flatMap((body) => spansOf(JSON.parse(body) as OtlpBody));
  }

  get text(): string {
    return this.#bodies.join('\n');
  }

  /** Resolves when the next export has been answered. */
  nextExport(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): Promise<void> {
    return stop(this.#server);
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await buffer(request);
    await this.gate;
    const { 'content-type': type = '', 'content-encoding': encoding } = request.headers;
    const body = encoding === 'gzip' ? gunzipSync(sent) : sent;
    const isOtlp = request.url === this.#path && request.method === 'POST' && TYPES.includes(type);
    const isJson = type === 'application/json';
    const received = { path: request.url ?? '', headers: request.headers, text: body.toString('latin1') };
    this.exports = [...this.exports, received];
    if (isOtlp && isJson && this.status === 200) this.#bodies.push(body.toString());
    // An empty protobuf message takes no bytes.
    response.writeHead(isOtlp ? this.status : 404, { 'content-type': type }).end(isJson ? '{}' : '');
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

const spansOf = ({ resourceSpans }: OtlpBody): ReceivedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => {
        const attributesOfResource = readAttributes(resource.attributes);
        return {
          ...span,
          attributes: readAttributes(span.attributes),
          service: attributesOfResource['service.name'],
          resource: attributesOfResource,
        };
      }),
    ),
  );

const readAttributes = (attributes: readonly OtlpAttribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, readValue(value)]));

/** Each value is wrapped in the name of its type. */
function readValue(value: Readonly<Record<string, unknown>>): unknown {
  const [read] = Object.values(value);
  return 'arrayValue' in value ? (read as { values: Readonly<Record<string, unknown>>[] }).values.map(readValue) : read;
}
