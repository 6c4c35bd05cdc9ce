/** OTLP's traces in protobuf, read into the form that they have as JSON: the fields that tests look at. */
import protobuf from 'protobufjs';

const { root } = protobuf.parse(
  `syntax = "proto3";
  message TracesData { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { InstrumentationScope scope = 1; repeated Span spans = 2; }
  message InstrumentationScope { string name = 1; string version = 2; }
  message Span {
    bytes trace_id = 1;
    bytes span_id = 2;
    bytes parent_span_id = 4;
    string name = 5;
    int32 kind = 6;
    repeated KeyValue attributes = 9;
    Status status = 15;
  }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue {
    oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; ArrayValue array_value = 5; }
  }
  message ArrayValue { repeated AnyValue values = 1; }`,
  { keepCase: false },
);
const TYPE = root.lookupType('TracesData');

const IDS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId']);

/** The JSON of the same spans: ids are in hex there. */
export function jsonOf(body: Buffer): string {
  const read = TYPE.toObject(TYPE.decode(body), { longs: Number, arrays: true });
  return JSON.stringify(read, (key, value: unknown) => {
    if (!IDS.has(key)) return value;
    // JSON.stringify has called `toJSON` of a Buffer already.
    return Buffer.from(value as Buffer).toString('hex');
  });
}
