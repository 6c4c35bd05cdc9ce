import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { conversationOf } from '../../../src/domain/conversation/conversation.ts';
import type { JsonObject, JsonValue } from '../../../src/domain/types.ts';
import { CHAT, RESPONSES, STREAMS } from './shapes.ts';
import { transcript } from './transcript.ts';

const read = (outputs: JsonValue) => conversationOf(null, outputs);
const linesOf = (outputs: JsonValue) => transcript(null, outputs);

const chunk = (index: number, delta: JsonValue, more: JsonObject = {}) => ({ choices: [{ index, delta, ...more }] });
const called = (index: number, id: string, name: string, given: string) =>
  chunk(1, { tool_calls: [{ index, id, function: { name, arguments: given } }] });
const response = (type: string, index: number, more: JsonObject) => ({
  type: `response.${type}`,
  output_index: index,
  ...more,
});
const started = (index: number, content_block: JsonObject) => ({ type: 'content_block_start', index, content_block });
const delta = (text: string, more: JsonObject = {}) => ({
  type: 'content_block_delta',
  delta: { type: 'text_delta', text },
  ...more,
});
const HI = chunk(0, { content: 'Hi' });

describe('a stored stream', () => {
  it.each([
    ['chat', 'gpt-4.1-mini', 'tool_calls'],
    ['responses', 'gpt-5-mini', 'in_progress'],
    ['anthropic', 'claude-sonnet-4-5', 'tool_use'],
  ] as const)('is read as the response of %s', (vendor, model, finishReason) => {
    const events: readonly JsonValue[] = STREAMS[vendor];
    const lines = events.map((event) => `event: e\ndata: ${JSON.stringify(event)}\n\n`);
    for (const outputs of [events, { chunks: events }, { model: 'm', events }, `${lines.join('')}data: [DONE]\n\n`]) {
      expect(read(outputs)).toMatchObject({ model, finishReason });
      expect(linesOf(outputs)).toEqual(['→ assistant: It is 21 °C.', 'call_1 = save({"celsius":21})']);
    }
  });

  it('may end at any event', () => {
    for (const events of Object.values<readonly JsonValue[]>(STREAMS)) {
      for (let length = 0; length <= events.length; length += 1) {
        const content = read(events.slice(0, length))?.messages[0]?.content ?? '';
        expect('It is 21 °C.'.startsWith(content)).toBe(true);
      }
    }
  });

  it.each<[string, string | null]>([
    ['data: ', 'Hi'],
    ['data:', 'Hi'],
    [' \n data: {}\ndata: ', 'Hi'],
    ['event: e\ndata: ', 'Hi'],
    ['id: 1\ndata: ', 'Hi'],
    [': comment\ndata: ', null],
    ['event: e\n data: ', null],
    ['See data: ', null],
  ])('reads server-sent events starting with %j as %j', (start, expected) => {
    const comment = `12345${JSON.stringify(chunk(0, { content: ' and more' }))}`;
    const text = `${start}${JSON.stringify(HI)}\n${comment}\ndata: {"cut`;
    expect(read(text)?.messages[0]?.content ?? null).toBe(expected);
  });

  it('may contain 100 lines that are not JSON', () => {
    const text = (brokenLines: number) => `${'data:{\n'.repeat(brokenLines)}data: ${JSON.stringify(HI)}`;
    expect(read(text(100))?.messages[0]?.content).toBe('Hi');
    expect(read(text(101))).toBeNull();
    expect(read(text(500_000))).toBeNull();
  });

  it.each<[string, JsonValue]>([
    ['in deltas, among other values', { deltas: [null, HI] }],
    ['as one chunk', HI],
  ])('may be stored %s', (_, outputs) => {
    expect(linesOf(outputs)).toEqual(['→ assistant: Hi']);
  });

  it('has the role assistant if it names none', () => {
    expect(read([HI])?.messages[0]).toMatchObject({ role: 'assistant', content: 'Hi' });
  });

  it('keeps several choices and calls separate, by index', () => {
    const chunks = [
      { model: '', ...chunk(1, { content: 'b' }) },
      { model: 'm', choices: 'none' },
      { model: 'first', choices: [{ index: 0 }, { index: 0, delta: { role: 'model', refusal: 'n' } }] },
      { model: 'second', ...chunk(0, { role: 'other', refusal: 'o' }, { finish_reason: 'length' }) },
      chunk(1, { content: 'c' }, { finish_reason: 'stop' }),
      called(1, 'y', 'g', '['),
      called(0, 'x', 'f', '{}'),
      called(1, 'z', 'h', ']'),
      chunk(1, { tool_calls: 'none' }),
    ];
    expect(read(chunks)).toMatchObject({ model: 'first', finishReason: 'stop' });
    expect(linesOf(chunks)).toEqual(['→ assistant: bc', 'y = g([])', 'x = f({})', '→ model refuses: no']);
  });

  it('combines the deltas of response items, and keeps completed ones', () => {
    const call = { type: 'function_call', call_id: 'j', name: 'g', arguments: '{}' };
    const events = [
      { type: 'other', output_index: 9, item: { role: 'user', content: 'x' } },
      response('refusal.delta', 0, { delta: 'n' }),
      response('refusal.delta', 0, { delta: 'o' }),
      response('output_item.added', 1, { item: { role: 'model', content: [] } }),
      response('output_text.delta', 1, { delta: 'Hi' }),
      response('other.delta', 1, { delta: ' and more' }),
      response('output_item.added', 2, { item: { type: 'custom_tool_call', call_id: 'i', name: 'f' } }),
      response('custom_tool_call_input.delta', 2, { delta: '[' }),
      response('custom_tool_call_input.delta', 2, { delta: ']' }),
      response('function_call_arguments.delta', 3, { delta: '{"cut' }),
      response('output_item.done', 3, { item: call }),
      response('output_item.done', 3, { item: 'none' }),
      response('output_item.added', 4, { item: { ...call, call_id: 'k' } }),
    ];
    const calls = ['→ assistant', 'i = f([])', 'j = g({})', 'k = g({})'];
    expect(linesOf(events)).toEqual(['→ assistant refuses: no', '→ model: Hi', ...calls]);
  });

  it.each(['completed', 'incomplete', 'failed'])('takes the response from its final event: %s', (status) => {
    const whole = { ...(RESPONSES.outputs as JsonObject), status };
    const events = [
      ...STREAMS.responses,
      { type: `response.${status}`, response: whole },
      STREAMS.responses[2] ?? null,
    ];
    expect(read(events)).toEqual(read(whole));
    const unfinished = [{ type: `response.${status}` }, ...STREAMS.responses];
    expect(read(unfinished)?.messages[0]?.content).toBe('It is 21 °C.');
  });

  it('reads an Anthropic message without its start, keeping started blocks', () => {
    const events = [
      started(1, { type: 'text', text: 'It ' }),
      delta('is ', { index: 1 }),
      started(2, { type: 'image', source: { type: 'file', file_id: 'i' } }),
      delta('cut'),
      started(3, { type: 'tool_use', id: 'i', name: 'f', input: { a: 1 } }),
      { type: 'message_delta', delta: 'none' },
    ];
    const start = { type: 'message_start', message: { role: 'model', model: 'm' } };
    expect(linesOf(events)).toEqual(['→ assistant: It is \n[image: i]\ncut', 'i = f({"a":1})']);
    expect(read(events)).toMatchObject({ model: null, finishReason: null });
    expect(read([start, ...events])).toMatchObject({ model: 'm', messages: [{ role: 'model' }] });
    expect(linesOf([{ type: 'message_start' }])).toEqual(['→ assistant']);
    expect(linesOf([{ type: 'message_stop' }, { type: 'ping' }])).toBeNull();
  });

  it('is cut after 100,000 characters', () => {
    const content = 'a'.repeat(100_000);
    const chunks = Array<JsonValue>(5000).fill(chunk(0, { content: 'a'.repeat(1000) }));
    expect(read(chunks)?.messages[0]).toMatchObject({ content, isTruncated: true });
  });

  it('reads the same as the unstreamed response, wherever it is split', () => {
    const cuts = fc.array(fc.nat({ max: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), cuts, (text, places) => {
        const at = [0, ...places.map((place) => Math.min(place, text.length)), text.length].sort((a, b) => a - b);
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        const messagesOf = (outputs: JsonValue) => conversationOf(CHAT.inputs, outputs)?.messages;
        const whole = messagesOf({ choices: [{ message: { role: 'assistant', content: text } }] });
        expect(messagesOf(pieces.map((content) => chunk(0, { content })))).toEqual(whole);
        expect(messagesOf(pieces.map((piece) => response('output_text.delta', 0, { delta: piece })))).toEqual(whole);
        expect(messagesOf(pieces.map((piece) => delta(piece, { index: 0 })))).toEqual(whole);
      }),
    );
  });
});
