import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createJsonTexts, type JsonText } from '../../src/upstream/transport/json-text.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { pagesOf } from '../support/wire.ts';
import { gatewayErrorOf } from '../support/rejection.ts';

const textOf = (text: string): JsonText => createJsonTexts()(pagesOf(text));

/** A function of its own: the frame of the test would keep the value alive. */
const watchReading = (text: JsonText): WeakRef<object> => new WeakRef(text.read() as object);

describe('the text of an answer', () => {
  it.each([
    [
      'a list',
      '[{"id": "a", "inputs": {"deep": [1, null, "x"]}}, {}]',
      [{ id: 'a', inputs: { deep: [1, null, 'x'] } }, {}],
    ],
    ['an object', ' {"a": true} \n', { a: true }],
    ['a text', '"a"', 'a'],
    ['a number', '-1.5', -1.5],
    ['a truth', 'false', false],
    ['null', 'null', null],
  ])('is read as what it says, each time: %s', async (_, json, value) => {
    const text = textOf(json);
    expect(text.read()).toEqual(value);
    expect(text.read()).toEqual(value);
    await setImmediate();
    expect(text.read()).toEqual(value);
  });

  it('is parsed once for several readings in one task', () => {
    const text = textOf('[{"a": 1}]');
    expect(text.read()).toBe(text.read());
  });

  it('keeps its value only until the event loop turns', async () => {
    const text = textOf('[{"a": 1}, "ü"]');
    const reading = watchReading(text);
    // A weak reference keeps its target until the end of the task.
    await setImmediate();
    collectGarbage();
    expect(reading.deref()).toBeUndefined();
    expect(text.read()).toEqual([{ a: 1 }, 'ü']);
    expect(text.read()).toBe(text.read());
  });

  it('is kept as bytes alone', async () => {
    const jsonTextOf = createJsonTexts();
    const heapBytes = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = heapBytes();
    const kept = Array.from({ length: 100 }, () => jsonTextOf(pagesOf(JSON.stringify(['x'.repeat(100_000)]))));
    await setImmediate();
    expect(heapBytes() - before).toBeLessThan(1_000_000);
    expect(kept[0]?.read()).toHaveLength(1);
  });

  it('is parsed once among a few that are read in turn, and again among many', () => {
    const jsonTextOf = createJsonTexts();
    const [first, ...others] = [1, 2, 3, 4, 5].map((n) => jsonTextOf(pagesOf(`[${n}]`)));
    const reading = first?.read();
    for (const other of others.slice(0, 3)) other.read();
    expect(first?.read()).toBe(reading);
    for (const other of others) other.read();
    expect(first?.read()).toEqual(reading);
    expect(first?.read()).not.toBe(reading);
  });

  it('may have multi-byte characters, and has its size in bytes', () => {
    const value = { größe: '日本語', horse: '🐎' };
    const json = JSON.stringify(value);
    const text = textOf(json);
    expect(text.read()).toEqual(value);
    expect(text.sizeBytes).toBe(json.length + 2 + 2 * 3 + 2);
    expect(textOf('[1]').sizeBytes).toBe(3);
  });

  it('may begin with a byte order mark, which is said', () => {
    const text = textOf('\uFEFF[{"a": "ü"}]');
    expect(text).toMatchObject({ hasByteOrderMark: true, sizeBytes: 16 });
    expect(text.read()).toEqual([{ a: 'ü' }]);
    expect(text.read()).toBe(text.read());
    expect(textOf('["\uFEFF"]')).toMatchObject({ hasByteOrderMark: false });
  });

  it('says whether bytes of another charset have become U+FFFD, which an upstream may also have meant', () => {
    const hasInvalidUtf8 = (...pages: Buffer[]) => createJsonTexts()(pages).hasInvalidUtf8;
    expect(hasInvalidUtf8(Buffer.from('["ü"]', 'latin1'))).toBe(true);
    expect(hasInvalidUtf8(Buffer.from('["\uFFFD"]'))).toBe(false);
    const [first, second] = [Buffer.from('["\uFFFD", "ü'), Buffer.from('ü"]')];
    expect(hasInvalidUtf8(first.subarray(0, -1), first.subarray(-1), second)).toBe(false);
    expect(hasInvalidUtf8(first.subarray(0, -1), second)).toBe(true);
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
    ['a JSON value and another line', '{"key": 1}\nSECRET', 'is not JSON'],
    ['nothing', '', 'is empty, not JSON'],
    ['blanks', ' \r\n', 'is empty, not JSON'],
    ['nothing but a byte order mark', '\uFEFF', 'is empty, not JSON'],
  ])('is refused where it is no JSON, without a word of it: %s', async (_, body, what) => {
    const error = await gatewayErrorOf(Promise.try(() => textOf(body)));
    expect(error.code).toBe('UPSTREAM_CONTRACT_VIOLATION');
    expect(error.message).toContain(`the upstream's answer ${what}`);
    expect(error.cause).toBeUndefined();
    expect(inspect(error)).not.toContain('SECRET');
  });
});
