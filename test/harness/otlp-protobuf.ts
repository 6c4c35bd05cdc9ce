/** Reads traces of OTLP in protobuf into their JSON form: only the fields that tests read. */
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';

type Message = Record<string, unknown>;
type Read = (reader: BinaryReader) => unknown;

interface Field {
  readonly name: string;
  readonly read: Read;
  readonly isList?: true;
}

/** By field number. */
type Fields = Readonly<Record<number, Field>>;

function readMessage(reader: BinaryReader, length: number, fields: Fields): Message {
  const message: Message = {};
  for (const { name, isList } of Object.values(fields)) if (isList) message[name] = [];
  const end = reader.pos + length;
  while (reader.pos < end) {
    const [number, wireType]: [number, WireType] = reader.tag();
    const field = fields[number];
    if (!field) reader.skip(wireType, number);
    else if (field.isList) (message[field.name] as unknown[]).push(field.read(reader));
    else message[field.name] = field.read(reader);
  }
  return message;
}

/** A function, as a message may contain itself. */
const messageOf =
  (fields: () => Fields): Read =>
  (reader) =>
    readMessage(reader, reader.uint32(), fields());
const text: Read = (reader) => reader.string();
/** JSON has ids in hex. */
const id: Read = (reader) => Buffer.from(reader.bytes()).toString('hex');

const ANY_VALUE: Fields = {
  1: { name: 'stringValue', read: text },
  2: { name: 'boolValue', read: (reader) => reader.bool() },
  3: { name: 'intValue', read: (reader) => Number(reader.int64()) },
  4: { name: 'doubleValue', read: (reader) => reader.double() },
  5: { name: 'arrayValue', read: messageOf(() => ({ 1: { name: 'values', read: value, isList: true } })) },
};
const value = messageOf(() => ANY_VALUE);
const attribute = messageOf(() => ({ 1: { name: 'key', read: text }, 2: { name: 'value', read: value } }));
const status = messageOf(() => ({
  2: { name: 'message', read: text },
  3: { name: 'code', read: (reader) => reader.int32() },
}));
const span = messageOf(() => ({
  1: { name: 'traceId', read: id },
  2: { name: 'spanId', read: id },
  3: { name: 'traceState', read: text },
  4: { name: 'parentSpanId', read: id },
  5: { name: 'name', read: text },
  6: { name: 'kind', read: (reader) => reader.int32() },
  9: { name: 'attributes', read: attribute, isList: true },
  15: { name: 'status', read: status },
}));
const scope = messageOf(() => ({ 1: { name: 'name', read: text }, 2: { name: 'version', read: text } }));
const scopeSpans = messageOf(() => ({
  1: { name: 'scope', read: scope },
  2: { name: 'spans', read: span, isList: true },
}));
const resource = messageOf(() => ({ 1: { name: 'attributes', read: attribute, isList: true } }));
const resourceSpans = messageOf(() => ({
  1: { name: 'resource', read: resource },
  2: { name: 'scopeSpans', read: scopeSpans, isList: true },
}));
const TRACES_DATA: Fields = { 1: { name: 'resourceSpans', read: resourceSpans, isList: true } };

/** The same spans as JSON. */
export const jsonOf = (body: Buffer): string =>
  JSON.stringify(readMessage(new BinaryReader(body), body.length, TRACES_DATA));
