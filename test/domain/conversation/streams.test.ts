import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { conversationOf } from '../../../src/domain/conversation/conversation.ts';
import type { JsonObject, JsonValue } from '../../../src/domain/types.ts';
import { CHAT, RESPONSES, STREAMS } from './shapes.ts';

const save = { id: 'call_1', name: 'save', arguments: '{"celsius":21}' };
const read = (outputs: JsonValue) => conversationOf(null, outputs);

describe('a stored stream', () => {
  it.each([
    ['chat', 'gpt-4.1-mini', 'tool_calls'],
    ['responses', 'gpt-5-mini', 'in_progress'],
    ['anthropic', 'claude-sonnet-4-5', 'tool_use'],
  ] as const)('of %s is read as the answer that it makes up', (vendor, model, finishReason) => {
    const events: readonly JsonValue[] = STREAMS[vendor];
    const expected = {
      model,
      finishReason,
      messages: [{ role: 'assistant', content: 'It is 21 °C.', toolCalls: [save] }],
    };
    expect(read(events)).toMatchObject(expected);
    expect(read({ chunks: events })).toMatchObject(expected);
    expect(read({ model: 'm', events })).toMatchObject(expected);
    const lines = events.map((event) => `event: e\ndata: ${JSON.stringify(event)}\n\n`);
    expect(read(`${lines.join('')}data: [DONE]\n\n`)).toMatchObject(expected);
  });

  it('may end anywhere', () => {
    for (const events of Object.values<readonly JsonValue[]>(STREAMS)) {
      for (let length = 0; length <= events.length; length += 1) {
        const told = read(events.slice(0, length))?.messages[0]?.content ?? '';
        expect('It is 21 °C.'.startsWith(told)).toBe(true);
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
  ])('of server-sent events that begin with %j is read as %j', (start, expected) => {
    const text = `${start}${JSON.stringify({ choices: [{ delta: { content: 'Hi' } }] })}`;
    const comment = '12345{"choices":[{"delta":{"content":" and more"}}]}';
    expect(read(`${text}\n${comment}\ndata: {"cut`)?.messages[0]?.content ?? null).toBe(expected);
  });

  it.each(['chunks', 'events', 'deltas'])('may stand in %s', (key) => {
    expect(read({ [key]: [null, { choices: [{ delta: { content: 'Hi' } }] }] })?.messages[0]?.content).toBe('Hi');
  });

  it('of several choices and calls keeps each apart, by its index', () => {
    const chunks = [
      { model: '', choices: [{ index: 1, delta: { content: 'b' } }] },
      { model: 'm', choices: 'none' },
      { model: 'first', choices: [{ index: 0 }, { index: 0, delta: { role: 'model', refusal: 'n' } }] },
      { model: 'second', choices: [{ index: 0, delta: { role: 'other', refusal: 'o' }, finish_reason: 'length' }] },
      { choices: [{ index: 1, delta: { content: 'c' }, finish_reason: 'stop' }] },
      {
        choices: [
          { index: 1, delta: { tool_calls: [{ index: 1, id: 'y', function: { name: 'g', arguments: '[' } }] } },
        ],
      },
      { choices: [{ index: 1, delta: { tool_calls: [{ index: 0, id: 'x', function: { name: 'f' } }] } }] },
      {
        choices: [
          { index: 1, delta: { tool_calls: [{ index: 1, id: 'z', function: { name: 'h', arguments: ']' } }] } },
        ],
      },
      { choices: [{ index: 1, delta: { tool_calls: 'none' } }] },
    ];
    expect(read(chunks)).toMatchObject({
      model: 'first',
      finishReason: 'stop',
      messages: [
        {
          role: 'assistant',
          content: 'bc',
          isRefusal: false,
          toolCalls: [
            { id: 'y', name: 'g', arguments: '[]' },
            { id: 'x', name: 'f', arguments: null },
          ],
        },
        { role: 'model', content: 'no', isRefusal: true },
      ],
    });
  });

  it('of a response has what came of its items, and those that are done as they are', () => {
    const event = (type: string, index: number, more: JsonObject) => ({
      type: `response.${type}`,
      output_index: index,
      ...more,
    });
    const call = { type: 'custom_tool_call', call_id: 'i', name: 'f' };
    const done = { type: 'function_call', call_id: 'j', name: 'g', arguments: '{}' };
    expect(
      read([
        { type: 'other', output_index: 9, item: { role: 'user', content: 'x' } },
        event('refusal.delta', 0, { delta: 'n' }),
        event('refusal.delta', 0, { delta: 'o' }),
        event('output_item.added', 1, { item: { role: 'model', content: [] } }),
        event('output_text.delta', 1, { delta: 'Hi' }),
        event('other.delta', 1, { delta: ' and more' }),
        event('output_item.added', 2, { item: call }),
        event('custom_tool_call_input.delta', 2, { delta: '[' }),
        event('custom_tool_call_input.delta', 2, { delta: ']' }),
        event('function_call_arguments.delta', 3, { delta: '{"cut' }),
        event('output_item.done', 3, { item: done }),
        event('output_item.done', 3, { item: 'none' }),
        event('output_item.added', 4, { item: { ...done, call_id: 'k' } }),
      ])?.messages,
    ).toMatchObject([
      { role: 'assistant', content: 'no', isRefusal: true },
      { role: 'model', content: 'Hi', isRefusal: false },
      {
        role: 'assistant',
        content: null,
        toolCalls: [
          { id: 'i', name: 'f', arguments: '[]' },
          { id: 'j', name: 'g', arguments: '{}' },
          { id: 'k', name: 'g', arguments: '{}' },
        ],
      },
    ]);
  });

  it.each(['completed', 'incomplete', 'failed'])('of a response that is %s is that response', (status) => {
    const response = { object: 'response', status, output_text: 'all of it' };
    const events = [...STREAMS.responses, { type: `response.${status}`, response }, STREAMS.responses[2]];
    expect(read(events)).toEqual(read(response));
    const unfinished = [{ type: `response.${status}` }, ...STREAMS.responses];
    expect(read(unfinished)?.messages[0]?.content).toBe('It is 21 °C.');
  });

  it('of an Anthropic message may lack its beginning, and has blocks as they started', () => {
    const image = { type: 'image', source: { type: 'file', file_id: 'i' } };
    const events = [
      { type: 'content_block_start', index: 1, content_block: { type: 'text', text: 'It ' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'is ' } },
      { type: 'content_block_start', index: 2, content_block: image },
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'cut' } },
      {
        type: 'content_block_start',
        index: 3,
        content_block: { type: 'tool_use', id: 'i', name: 'f', input: { a: 1 } },
      },
      { type: 'message_delta', delta: 'none' },
    ];
    expect(read(events)).toMatchObject({
      model: null,
      finishReason: null,
      messages: [
        {
          role: 'assistant',
          content: 'It is \n[image: i]\ncut',
          toolCalls: [{ id: 'i', name: 'f', arguments: '{"a":1}' }],
        },
      ],
    });
    const started = { type: 'message_start', message: { role: 'model', model: 'm' } };
    expect(read([started, ...events])).toMatchObject({ model: 'm', messages: [{ role: 'model' }] });
    expect(read([{ type: 'message_start' }])).toMatchObject({ messages: [{ role: 'assistant', content: null }] });
    expect(read([{ type: 'message_stop' }, { type: 'ping' }])).toBeNull();
  });

  it('may be one chunk', () => {
    expect(read({ object: 'chat.completion.chunk', choices: [{ delta: { content: 'Hi' } }] })?.messages).toMatchObject([
      { role: 'assistant', content: 'Hi', isOutput: true },
    ]);
  });

  it('is the whole response where its last event holds it', () => {
    const events = [...STREAMS.responses, { type: 'response.completed', response: RESPONSES.outputs }];
    expect(read(events)).toEqual(read(RESPONSES.outputs));
  });

  it('keeps a text in bounds', () => {
    const chunk = { choices: [{ index: 0, delta: { content: 'a'.repeat(1000) } }] };
    expect(read(Array<JsonValue>(5000).fill(chunk))?.messages[0]).toMatchObject({
      content: 'a'.repeat(100_000),
      isTruncated: true,
    });
  });

  it('is the same as the answer that was not streamed, wherever it was cut', () => {
    const cuts = fc.array(fc.nat({ max: 40 }), { maxLength: 8 });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), cuts, (text, places) => {
        const at = [0, ...places.map((place) => Math.min(place, text.length)), text.length].sort((a, b) => a - b);
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        const whole = (content: JsonValue) => conversationOf(CHAT.inputs, content)?.messages;
        const chat = whole({ choices: [{ message: { role: 'assistant', content: text } }] });
        expect(whole(pieces.map((content) => ({ choices: [{ index: 0, delta: { content } }] })))).toEqual(chat);
        expect(whole(pieces.map((delta) => ({ type: 'response.output_text.delta', output_index: 0, delta })))).toEqual(
          chat,
        );
        expect(
          whole(
            pieces.map((piece) => ({
              type: 'content_block_delta',
              index: 0,
              delta: { type: 'text_delta', text: piece },
            })),
          ),
        ).toEqual(chat);
      }),
    );
  });
});
