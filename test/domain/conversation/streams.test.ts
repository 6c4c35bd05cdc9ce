import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { conversationOf } from '../../../src/domain/conversation/conversation.ts';
import type { JsonValue } from '../../../src/domain/types.ts';
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
