import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import type { PayloadText } from '../../src/domain/types.ts';
import { jsonAnswerOf, TOO_LONG } from '../../src/upstream/transport/json-answer.ts';
import { collectGarbage } from '../harness/collect-garbage.ts';
import { jsonIn } from '../support/read-wire.ts';
import { gatewayErrorOf } from '../support/rejection.ts';

const NAMES = ['a', 'b', 'c', 'id', 'grosse', 'outputs'];
const answer = (json: string | Buffer) => jsonIn(Buffer.from(json), new Set(NAMES));
const upTo = (maxBytes: number, names: readonly string[]) => new Map(names.map((name) => [name, maxBytes]));

/** Of each item, and of the one value that is no list. */
const read = (json: string, names: readonly string[] = [], isExact?: boolean) =>
  answer(json).items.map((item) => item.read(upTo(1000, names), isExact));

/** A function of its own: the frame of the test would keep the value alive. */
const watchReading = (text: PayloadText): WeakRef<object> => new WeakRef(text.read() as object);

const textIn = (json: string): PayloadText => {
  const text = answer(`[{"outputs": ${json}}]`).items[0]?.member('outputs');
  if (!text) throw new Error('expected a text');
  return text;
};

describe('the JSON of an answer', () => {
  it.each([
    ['a list', '[{"id": "a", "outputs": [1, null, "x"]}, {}, 7, null, [{}]]', true, [{ id: 'a' }, {}, 7, null, []]],
    ['an empty list', ' [ ] ', true, []],
    ['an object', ' {"id": true, "a": 1} \n', false, [{ id: true }]],
    ['a text', '"a"', false, ['a']],
    ['a number', '-1.5', false, [-1.5]],
    ['a truth', 'false', false, [false]],
    ['null', 'null', false, [null]],
  ])('has the items of a list, or one, of which lists are not read: %s', (_, json, isList, values) => {
    expect(answer(json).isList).toBe(isList);
    expect(read(json, ['id'])).toEqual(values);
  });

  it('is read by the names of members, however they are written, and with exact integers', () => {
    const json =
      '[{"id": 12345678901234567890, "outputs": [1], "\\u0069d": 12345678901234567891, "grosse": "ü"}, {"outputs": 1}]';
    expect(read(json, ['id', 'grosse', 'none'], true)).toEqual([{ id: '12345678901234567891', grosse: 'ü' }, {}]);
    expect(read(json, ['id', 'grosse', 'outputs'])).toEqual(JSON.parse(json));
  });

  it('has something else in place of what is longer than is read, or takes longer, and keeps its neighbours', () => {
    const value = { a: 'x'.repeat(98), b: 'x'.repeat(99), c: 'ü'.repeat(49) };
    const [item] = answer(JSON.stringify([{ ...value, outputs: 1 }])).items;
    expect(item?.read(upTo(100, ['a', 'b', 'c', 'outputs']))).toEqual({ ...value, b: TOO_LONG, outputs: 1 });
    const lists = `[${'[],'.repeat(2 ** 18)}[]]`;
    const [costly] = answer(`[{"a": 1, "b": ${lists}, "c": [[]]}]`).items;
    const read = costly?.read(upTo(Infinity, ['a', 'b', 'c'])) as Record<string, unknown>;
    expect(read).toEqual({ a: 1, b: TOO_LONG, c: [[]] });
    expect(read.b).toBe(TOO_LONG);
    expect(answer(`["${'x'.repeat(5000)}"]`).items[0]?.read(new Map())).toBe(TOO_LONG);
  });

  it('has the text of a member, the last one of its name, if it has a value', () => {
    const [item] = answer('[{"a": {"x": [1]}, "b": 1, "\\u0062" : "ü" , "c": null}]').items;
    const texts = ['a', 'b', 'c', 'd'].map((name) => item?.member(name)?.bytes.toString() ?? null);
    expect(texts).toEqual(['{"x": [1]}', '"ü"', null, null]);
    expect(item?.member('b')?.sizeBytes).toBe(4);
  });

  it('has items that can be kept without the others', () => {
    const list = answer('[{"a": 1}, {"id": "ü", "b": [2]}, 3]').items;
    const copies = list.map((item) => item.copy());
    expect(copies.map((item) => item.read(upTo(1000, ['a', 'id', 'b'])))).toEqual([{ a: 1 }, { id: 'ü', b: [2] }, 3]);
    expect(copies[1]?.member('b')?.read()).toEqual([2]);
    expect(copies[1]?.read(upTo(1000, ['id']))).toEqual({ id: 'ü' });
    expect(copies.map(({ heldBytes }) => heldBytes)).toEqual([8, 22, 1]);
    expect(list[0]?.heldBytes).toBe(37);
  });

  it('may begin with a byte order mark, which is said', () => {
    expect(answer('\uFEFF[{"a": "ü"}]')).toMatchObject({ hasByteOrderMark: true });
    expect(read('\uFEFF[{"a": "ü"}]', ['a'])).toEqual([{ a: 'ü' }]);
    expect(answer('["\uFEFF"]')).toMatchObject({ hasByteOrderMark: false });
  });

  it('says whether bytes of another charset are read as U+FFFD, which an upstream may also have meant', () => {
    expect(answer(Buffer.from('["ü"]', 'latin1'))).toMatchObject({ hasInvalidUtf8: true });
    expect(answer(Buffer.from('["ü"]', 'latin1')).items[0]?.read(new Map())).toBe('\uFFFD');
    expect(answer('["\uFFFD"]')).toMatchObject({ hasInvalidUtf8: false });
  });

  it('yields while it is long', () => {
    const work = jsonAnswerOf(Buffer.from(`[${'"text",'.repeat(100_000)}1]`), new Set());
    expect(work.next().done).toBe(false);
  });

  it.each([
    ['a page', '<html>SECRET</html>', 'is an HTML page, not JSON: check the path of UPSTREAM_URL'],
    ['a page with a doctype', ' \n<!DOCTYPE html><p>SECRET', 'is an HTML page, not JSON'],
    ['other markup', '<?xml version="1.0"?><error>SECRET</error>', 'is XML, not JSON'],
    ['a bare word', 'SECRET', 'is not JSON'],
    ['a page with a wide doctype', '<!doctype  HTML>SECRET', 'is an HTML page, not JSON'],
    ['a word before a page', 'SECRET <html>', 'is not JSON'],
    ['a word before a tag', 'SECRET<error>', 'is not JSON'],
    ['markup behind blanks', ' \n <error>SECRET</error>', 'is XML, not JSON'],
    ['one JSON value before empty lines and another', '{"key": 1}\n\n\nSECRET', 'is not JSON'],
    ['JSON that is cut', '[{"key": "SECRET"', 'is not JSON'],
    ['JSON with something behind it', '{"key": "SECRET"} SECRET', 'is not JSON'],
    ['JSON values on lines', '{"key": "SECRET"}\n{"key": 1}\n', 'is NDJSON (one JSON value a line)'],
    ['JSON values on lines that end in CRLF', '{"key": "SECRET"}\r\n\r\n{"key": 1}', 'is NDJSON'],
    ['JSON values on the first lines of many', `{"key": "SECRET"}\n{"key": 1}\n${'x'.repeat(5000)}`, 'is NDJSON'],
    ['longer JSON values on lines', `["SECRET"${',[]'.repeat(2000)}]\n`.repeat(2), 'is not JSON'],
    ['a JSON value before a longer line', `{"key": "SECRET"}\n1${' '.repeat(5000)}\n`, 'is not JSON'],
    ['blanks before something else', `${' '.repeat(5000)}SECRET`, 'is not JSON'],
    ['a JSON value and another line', '{"key": 1}\nSECRET', 'is not JSON'],
    ['nothing', '', 'is empty, not JSON'],
    ['blanks', ' \r\n', 'is empty, not JSON'],
    ['nothing but a byte order mark', '\uFEFF', 'is empty, not JSON'],
  ])('is refused where it is no JSON, without a word of it: %s', async (_, body, what) => {
    const error = await gatewayErrorOf(Promise.try(() => answer(body)));
    expect(error.code).toBe('UPSTREAM_CONTRACT_VIOLATION');
    expect(error.message).toContain(`the upstream's answer ${what}`);
    expect(error.cause).toBeUndefined();
    expect(inspect(error)).not.toContain('SECRET');
  });
});

describe('the text of a value', () => {
  it('is parsed once for several readings in one turn of the event loop, with integers beyond 2^53 as text', () => {
    const text = textIn('[{"a": 12345678901234567890}]');
    expect(text.read()).toBe(text.read());
    expect(text.read()).toEqual([{ a: '12345678901234567890' }]);
  });

  it('keeps its value only until the event loop turns', async () => {
    for (let time = 0; time < 2; time += 1) {
      const text = textIn('[{"a": 1}, "ü"]');
      const reading = watchReading(text);
      // A weak reference keeps its target until the end of the task.
      await setImmediate();
      collectGarbage();
      expect(reading.deref()).toBeUndefined();
      expect(text.read()).toEqual([{ a: 1 }, 'ü']);
      expect(text.read()).toBe(text.read());
      await setImmediate();
    }
  });

  it('is parsed once among a few that are read in turn, and again among many', () => {
    const [first, ...others] = [1, 2, 3, 4, 5].map((n) => textIn(`[${n}]`));
    const reading = first?.read();
    for (const other of others.slice(0, 3)) other.read();
    expect(first?.read()).toBe(reading);
    for (const other of others) other.read();
    expect(first?.read()).toEqual(reading);
    expect(first?.read()).not.toBe(reading);
  });
});
