/** A collector that receives OTLP over HTTP, and reads the spans of exports as JSON. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { listen, stop } from './local-server.ts';

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

export interface SpanReceiver {
  readonly url: string;
  readonly exports: readonly ReceivedExport[];
  readonly spans: readonly ReceivedSpan[];
  readonly text: string;
  /** Resolves when the next export has been answered. */
  nextExport(): Promise<void>;
  /** The status of its answers, at first 200. Requests other than OTLP get 404. */
  status: number;
  /** It answers no request before this resolves. */
  gate: Promise<unknown>;
  close(): Promise<void>;
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

export async function startSpanReceiver(path = '/v1/traces'): Promise<SpanReceiver> {
  const bodies: string[] = [];
  const exports: ReceivedExport[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then(async (sent) => {
      await receiver.gate;
      const { 'content-type': type = '', 'content-encoding': encoding } = request.headers;
      const body = encoding === 'gzip' ? gunzipSync(sent) : sent;
      const isOtlp = request.url === path && request.method === 'POST' && TYPES.includes(type);
      const isJson = type === 'application/json';
      exports.push({ path: request.url ?? '', headers: request.headers, text: body.toString('latin1') });
      if (isOtlp && isJson && receiver.status === 200) bodies.push(body.toString());
      // An empty protobuf message has no bytes.
      const answer = isJson ? '{}' : '';
      response.writeHead(isOtlp ? receiver.status : 404, { 'content-type': type }).end(answer);
      for (const resolve of waiting.splice(0)) resolve();
    });
  });
  const port = await listen(server);
  const receiver: SpanReceiver = {
    url: `http://127.0.0.1:${port}`,
    status: 200,
    gate: Promise.resolve(),
    exports,
    nextExport: () => new Promise((resolve) => waiting.push(resolve)),
    get spans() {
      return bodies.flatMap((body) => spansOf(JSON.parse(body) as OtlpBody));
    },
    get text() {
      return bodies.join('\n');
    },
    close: () => stop(server),
  };
  return receiver;
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
