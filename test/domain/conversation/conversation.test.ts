import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { conversationOf } from '../../../src/domain/conversation/conversation.ts';
import type { Message } from '../../../src/domain/conversation/message.ts';
import { clip } from '../../../src/domain/conversation/text.ts';
import type { JsonObject, JsonValue } from '../../../src/domain/types.ts';
import { ANTHROPIC, BASE64, CHAT, RESPONSES, type Exchange } from './shapes.ts';

type Said = Omit<Message, 'index'>;

const message = (role: string, content: string | null, more: Partial<Said> = {}): Said => ({
  role,
  content,
  toolCalls: [],
  toolCallId: null,
  isOutput: false,
  isRefusal: false,
  isTruncated: false,
  ...more,
});
const answer = (content: string | null, more: Partial<Said> = {}) =>
  message('assistant', content, { isOutput: true, ...more });
const call = (id: string, name: string, given: string) => ({ id, name, arguments: given });
/** Messages by their place, which is told by itself. */
const saidIn = (messages: readonly Message[] | undefined) =>
  messages?.map(
    (message): Said => Object.fromEntries(Object.entries(message).filter(([key]) => key !== 'index')) as Said,
  );
function read({ inputs, outputs }: Exchange) {
  const conversation = conversationOf(inputs, outputs);
  return conversation && { ...conversation, messages: saidIn(conversation.messages) };
}
const answered = (outputs: JsonValue) => saidIn(conversationOf(null, outputs)?.messages);

describe('a conversation', () => {
  it('is read from chat completions', () => {
    expect(read(CHAT)).toEqual({
      messages: [
        message('developer', 'Be brief.'),
        message(
          'user',
          'What is this?\n[image: image/png, 3 kB]\n[image: https://example.com/cat.png]\n[audio: wav, 3 kB]\n[file: report.pdf]',
        ),
        message('assistant', null, { toolCalls: [call('call_1', 'get_weather', '{"city":"Paris"}')] }),
        message('tool', '{"celsius":21}', { toolCallId: 'call_1' }),
        answer('It is 21 °C.'),
      ],
      omittedMessages: 0,
      model: 'gpt-4.1-mini-2025-04-14',
      finishReason: 'stop',
    });
  });

  it('is read from responses', () => {
    expect(read(RESPONSES)).toEqual({
      messages: [
        message('system', 'Be brief.'),
        message('user', 'What is this?\n[image: image/jpeg, 3 kB]\n[file: file-7]'),
        message('assistant', null, { toolCalls: [call('call_0', 'get_weather', '{"city":"Paris"}')] }),
        message('tool', '{"celsius":21}', { toolCallId: 'call_0' }),
        answer('It is 21 °C.', {
          toolCalls: [call('call_1', 'save', '{"celsius":21}'), call('call_2', 'shout', '21!')],
        }),
      ],
      omittedMessages: 0,
      model: 'gpt-5-mini-2025-08-07',
      finishReason: 'completed',
    });
  });

  it('is read from the content blocks of Anthropic messages', () => {
    expect(read(ANTHROPIC)).toEqual({
      messages: [
        message('system', 'Be brief.'),
        message(
          'user',
          'What is this?\n[image: image/png, 3 kB]\n[image: https://example.com/cat.png]\n[document: Report, 3 kB]',
        ),
        message('assistant', 'I look it up.', { toolCalls: [call('toolu_1', 'get_weather', '{"city":"Paris"}')] }),
        message('tool', '21 °C\n[image: image/png, 3 kB]', { toolCallId: 'toolu_1' }),
        message('user', 'Well?'),
        answer('It is 21 °C.'),
      ],
      omittedMessages: 0,
      model: 'claude-sonnet-4-5-20250929',
      finishReason: 'end_turn',
    });
  });

  it('has what was asked while nothing is answered, and what was answered alone', () => {
    expect(conversationOf(CHAT.inputs, null)).toMatchObject({ model: 'gpt-4.1-mini', finishReason: null });
    expect(conversationOf(CHAT.inputs, null)?.messages.map(({ isOutput }) => isOutput)).toEqual(Array(4).fill(false));
    expect(answered(CHAT.outputs)).toEqual([answer('It is 21 °C.')]);
  });

  it.each<[string, JsonValue, JsonValue]>([
    ['nothing', null, null],
    ['an integration', { url: 'https://example.com' }, { status: 200, output: [{ type: 'row', id: 1 }] }],
    ['a condition', { branches: ['a'] }, { branch: 'a', choices: ['a', 'b'] }],
    ['an embedding', { model: 'e', input: 'a text' }, { object: 'list', data: [{ embedding: [0.1] }], model: 'e' }],
    ['messages of a chat that is no model', { messages: [{ text: 'hi', user: 'U1' }] }, { ok: true }],
    ['a text', { query: 'a' }, 'an answer'],
    ['lists', [], [[], {}, null, 'a']],
  ])('is null for %s', (_, inputs, outputs) => {
    expect(conversationOf(inputs, outputs)).toBeNull();
  });

  it('takes a text for the answer where a model was asked', () => {
    const inputs = { messages: [{ role: 'user', content: 'Hi' }] };
    expect(saidIn(conversationOf(inputs, 'Hello')?.messages)).toEqual([message('user', 'Hi'), answer('Hello')]);
  });

  it('reads inputs that are the messages themselves', () => {
    expect(conversationOf([{ role: 'user', content: 'Hi' }], null)?.messages).toMatchObject([message('user', 'Hi')]);
  });

  it('reads a text as `input` beside instructions or an answer', () => {
    const hi = message('user', 'Hi');
    expect(conversationOf({ input: 'Hi' }, RESPONSES.outputs)?.messages[0]).toMatchObject(hi);
    expect(conversationOf({ input: 'Hi', instructions: 'Be brief.' }, null)?.messages[1]).toMatchObject(hi);
  });

  it.each<[string, JsonValue]>([
    ['nothing', null],
    ['nothing, as an object', {}],
    ['an error', { error: { message: 'Rate limit reached' } }],
    ['a response without a message', { object: 'response', status: 'incomplete', output: [{ type: 'reasoning' }] }],
  ])('reads a text as `input` beside a model where what came is %s', (_, outputs) => {
    expect(saidIn(conversationOf({ model: 'gpt-5-mini', input: 'Hi' }, outputs)?.messages)).toEqual([
      message('user', 'Hi'),
    ]);
    expect(conversationOf({ input: 'Hi' }, null)).toBeNull();
  });

  it('reads every choice, a message by itself, and the text that SDKs offer', () => {
    const choices = ['a', 'b'].map((content) => ({ message: { role: 'assistant', content }, finish_reason: 'stop' }));
    expect(answered({ choices })).toEqual([answer('a'), answer('b')]);
    expect(answered({ role: 'assistant', content: 'a' })).toEqual([answer('a')]);
    expect(answered({ message: { role: 'assistant', content: 'a' }, done: true })).toEqual([answer('a')]);
    expect(answered({ object: 'response', output_text: 'a' })).toEqual([answer('a')]);
  });

  it('tells refusals', () => {
    const refused = answer('I can’t help with that.', { isRefusal: true });
    const refusal = refused.content;
    expect(answered({ choices: [{ message: { role: 'assistant', content: null, refusal } }] })).toEqual([refused]);
    const item = { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal }] };
    expect(answered({ object: 'response', output: [item] })).toEqual([refused]);
    const blocked = { role: 'assistant', content: [], stop_reason: 'refusal', stop_details: { explanation: refusal } };
    expect(conversationOf(null, blocked)).toMatchObject({ messages: [refused], finishReason: 'refusal' });
  });

  it('says why a response is incomplete', () => {
    const incomplete = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    const outputs = { ...(RESPONSES.outputs as JsonObject), ...incomplete };
    expect(conversationOf(null, outputs)?.finishReason).toBe('max_output_tokens');
  });

  it('reads calls as they were before tools, and those that the service answers itself', () => {
    expect(
      answered({ choices: [{ message: { content: null, function_call: { name: 'f', arguments: '{}' } } }] }),
    ).toEqual([answer(null, { toolCalls: [{ id: null, name: 'f', arguments: '{}' }] })]);
    const output = [
      { type: 'mcp_call', id: 'mcp_1', name: 'roll', arguments: '{"dice":2}', output: '7' },
      { type: 'web_search_call', id: 'ws_1', action: { type: 'search', query: 'q' }, status: 'completed' },
      { type: 'image_generation_call', id: 'ig_1', result: BASE64 },
    ];
    expect(answered({ object: 'response', output })).toEqual([
      answer(null, { toolCalls: [call('mcp_1', 'roll', '{"dice":2}')] }),
      message('tool', '7', { toolCallId: 'mcp_1', isOutput: true }),
      answer('[image: 3 kB]', {
        toolCalls: [
          call('ws_1', 'web_search', '{"type":"search","query":"q"}'),
          { id: 'ig_1', name: 'image_generation', arguments: null },
        ],
      }),
    ]);
    const content = [
      { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: { query: 'q' } },
      {
        type: 'web_search_tool_result',
        tool_use_id: 'srv_1',
        content: [{ type: 'web_search_result', title: 'T', url: 'u' }],
      },
      { type: 'text', text: 'Found.' },
    ];
    expect(answered({ type: 'message', role: 'assistant', content })).toEqual([
      answer('Found.', { toolCalls: [call('srv_1', 'web_search', '{"query":"q"}')] }),
      message('tool', '[web_search_result: T]', { toolCallId: 'srv_1', isOutput: true }),
    ]);
  });

  it('puts references for data URLs that stand in a text', () => {
    const content = `before ![](data:image/png;base64,${BASE64}) after, and data:,short`;
    expect(answered({ role: 'assistant', content })).toEqual([
      answer('before ![]([data: image/png, 3 kB]) after, and data:,short'),
    ]);
  });
});

describe('a part of a message', () => {
  const wide = { title: 't', filename: 'f', name: 'n', url: 'u', file_id: 'i', id: 'd' };
  const without = (...keys: string[]) =>
    Object.fromEntries(Object.entries(wide).filter(([key]) => !keys.includes(key)));
  const source = { url: 'https://example.com/a', file_id: 'i', media_type: 'text/plain', type: 'text', data: 'abcd' };

  it.each<[JsonValue, string | null]>([
    ['a text', 'a text'],
    [7, '7'],
    [null, ''],
    [{ text: 'a text' }, 'a text'],
    [{ size: 1 }, '{"size":1}'],
    [{ type: 'mystery', text: 'a text' }, 'a text'],
    [{ type: 'mystery', text: 7 }, '[mystery]'],
    [{ type: 'mystery', ...wide }, '[mystery: t]'],
    [{ type: 'mystery', ...without('title') }, '[mystery: f]'],
    [{ type: 'mystery', ...without('title', 'filename') }, '[mystery: n]'],
    [{ type: 'mystery', ...without('title', 'filename', 'name') }, '[mystery: u]'],
    [{ type: 'mystery', ...without('title', 'filename', 'name', 'url') }, '[mystery: i]'],
    [{ type: 'mystery', id: 'd', title: '' }, '[mystery: d]'],
    [{ type: 'image_url', image_url: 'https://example.com/a' }, '[image: https://example.com/a]'],
    [{ type: 'image_url', image_url: { url: 'data:image/svg+xml;utf8,<svg/>' } }, '[image: image/svg+xml, 4 bytes]'],
    [{ type: 'image_url', image_url: { url: 'data:,abcd' } }, '[image: 3 bytes]'],
    [{ type: 'image_url' }, '[image]'],
    [{ type: 'input_audio', input_audio: { format: 'wav' } }, '[audio: wav]'],
    [{ type: 'file', file: { filename: 'f', file_id: 'i' } }, '[file: f]'],
    [{ type: 'file', file: { file_id: 'i' } }, '[file: i]'],
    [{ type: 'file' }, '[file]'],
    [{ type: 'refusal', refusal: 'no' }, 'no'],
    [{ type: 'refusal' }, ''],
    [{ type: 'input_image', image_url: 'https://example.com/a', file_id: 'i' }, '[image: i]'],
    [{ type: 'computer_screenshot', image_url: 'https://example.com/a' }, '[image: https://example.com/a]'],
    [{ type: 'input_file', filename: 'f', file_id: 'i', file_url: 'u' }, '[file: f]'],
    [{ type: 'input_file', file_id: 'i', file_url: 'u' }, '[file: i]'],
    [{ type: 'input_file', file_url: 'u' }, '[file: u]'],
    [{ type: 'input_file' }, '[file]'],
    [{ type: 'document', title: 't', source }, '[document: https://example.com/a]'],
    [{ type: 'document', title: 't', source: { ...source, url: '' } }, '[document: t]'],
    [{ type: 'image', source: { ...source, url: '' } }, '[image: i]'],
    [{ type: 'image', source: { type: 'text', media_type: 'text/plain', data: 'abcd' } }, '[image: text/plain]'],
    [{ type: 'image', source: { type: 'base64', media_type: 'a/b', data: 'abcd' } }, '[image: a/b, 3 bytes]'],
    [{ type: 'image' }, '[image]'],
    [{ type: 'thinking', text: 'Hm.' }, null],
    [{ type: 'redacted_thinking', text: 'Hm.' }, null],
    [{ type: 'reasoning_text', text: 'Hm.' }, null],
    [{ type: 'tool_use', id: 'i', name: 'n' }, null],
  ])('%j is read as %j', (part, expected) => {
    expect(answered({ role: 'assistant', content: [part] })?.[0]?.content).toBe(expected);
  });

  it.each(['tool_use', 'server_tool_use', 'mcp_tool_use'])('that is a %s is a call', (type) => {
    const content = [{ type, id: 'i', name: 'n', input: { a: 1 } }];
    expect(answered({ role: 'assistant', content })).toEqual([
      answer(null, { toolCalls: [call('i', 'n', '{"a":1}')] }),
    ]);
  });

  it('stands on a line of its own, but for the pieces of a model’s text', () => {
    const picture = { type: 'image' };
    const content = ['a', 'b', picture, 'c', 'd', picture, picture];
    expect(answered({ role: 'assistant', content })?.[0]?.content).toBe('ab\n[image]\ncd\n[image]\n[image]');
    const asked = conversationOf([{ role: 'user', content }], null)?.messages[0];
    expect(asked?.content).toBe('a\nb\n[image]\nc\nd\n[image]\n[image]');
  });

  it.each(['image_url', 'input_audio', 'file', 'input_image', 'input_file', 'document', 'mystery'])(
    'that is a %s stands on a line of its own',
    (type) => {
      const [said] = answered({ role: 'assistant', content: ['a', { type }, 'b'] }) ?? [];
      expect(said?.content).toMatch(/^a\n\[\w+\]\nb$/);
    },
  );

  it('of binary content tells its size', () => {
    const sizes = [0, 3, 1333, 1334, 1999, 2000, 4_000_000].map((length) => {
      const read = answered({
        role: 'assistant',
        content: [{ type: 'image', source: { type: 'base64', data: 'A'.repeat(length) } }],
      });
      return read?.[0]?.content;
    });
    expect(sizes).toEqual(
      ['0 bytes', '2 bytes', '999 bytes', '1 kB', '1 kB', '2 kB', '3000 kB'].map((size) => `[image: ${size}]`),
    );
  });
});

describe('binary content in a text', () => {
  const base64 = fc
    .tuple(fc.integer({ min: 0, max: 1500 }), fc.constantFrom('', '=', '=='))
    .map(([length, end]) => `${'aZ09+/_-'.repeat(200).slice(0, length)}${end}`);

  it('is named in place of a data URL of 200 characters or more', () => {
    const type = fc.constantFrom('image/png', 'image/svg+xml', 'text/plain;charset=utf-8', 'a/b;x=1;y=2;z=3');
    fc.assert(
      fc.property(type, base64, (mediaType, data) => {
        const url = `data:${mediaType};base64,${data}`;
        const digits = data.replaceAll('=', '').length;
        const size = Math.floor((data.length * 3) / 4);
        const told = size < 1000 ? `${size} bytes` : `${Math.round(size / 1000)} kB`;
        const expected = digits < 200 ? url : `[data: ${mediaType}, ${told}]`;
        const [said] = answered({ role: 'assistant', content: `see (${url}) and (${url})` }) ?? [];
        expect(said?.content).toBe(`see (${expected}) and (${expected})`);
      }),
    );
  });

  it('is named in place of 1000 characters or more of a value', () => {
    fc.assert(
      fc.property(base64, (data) => {
        const digits = data.replaceAll('=', '').length;
        const size = Math.floor((data.length * 3) / 4);
        const told = size < 1000 ? `${size} bytes` : `${Math.round(size / 1000)} kB`;
        const input = { short: 'a b', data };
        const [said] = answered({ role: 'assistant', content: [{ type: 'tool_use', input }] }) ?? [];
        expect(said?.toolCalls[0]?.arguments).toBe(
          JSON.stringify({ short: 'a b', data: digits < 1000 ? data : `[data: ${told}]` }),
        );
      }),
    );
  });

  it('is looked for once in each word, however long words are', () => {
    const input = { text: `${'x'.repeat(999)} `.repeat(1000) };
    const start = process.cpuUsage().user;
    const [said] = answered({ role: 'assistant', content: [{ type: 'tool_use', input }] }) ?? [];
    expect(said?.isTruncated).toBe(true);
    // Some ms; at each character of a word it would take seconds.
    expect(process.cpuUsage().user - start).toBeLessThan(500_000);
  });
});

describe('a text that is cut', () => {
  it('never ends with half of a character', () => {
    const character = fc.constantFrom('a', '\ud7ff', '\ud800\udc00', '\udbff\udfff', '\ue000');
    fc.assert(
      fc.property(fc.array(character, { maxLength: 6 }), fc.integer({ min: 1, max: 8 }), (characters, max) => {
        let expected = '';
        for (const each of characters) {
          if (expected.length + each.length > max) break;
          expected += each;
        }
        expect(clip(characters.join(''), max)).toBe(expected);
      }),
    );
    expect(clip('a\ud800', 2)).toBe('a\ud800');
  });
});

describe('an answer', () => {
  const content = 'a';

  it.each(['content', 'tool_calls', 'function_call', 'refusal'])('may be a message that only has %s', (key) => {
    const choices = [{ message: { [key]: null } }];
    expect(answered({ choices })).toEqual([answer(null)]);
    expect(conversationOf([{ [key]: 'a' }], null)).toBeNull();
  });

  it('that the model declined says so, with the reason where there is no other text', () => {
    const declined = (more: JsonObject) =>
      answered({ role: 'assistant', stop_reason: 'refusal', ...more })?.map((said) => [said.content, said.isRefusal]);
    const details = { stop_details: { explanation: 'why' } };
    expect(declined({ content: [], ...details })).toEqual([['why', true]]);
    expect(declined({ content: '', ...details })).toEqual([['why', true]]);
    expect(declined({ content: 'said', ...details })).toEqual([['said', true]]);
    expect(declined({ content: [] })).toEqual([[null, true]]);
    expect(answered({ role: 'assistant', content, stop_reason: 'end_turn', ...details })).toEqual([answer('a')]);
    const both = { role: 'assistant', content: 'Hm.', refusal: 'no' };
    expect(answered(both)).toEqual([answer('Hm.\nno', { isRefusal: true })]);
  });

  it('may call a tool that takes a text', () => {
    const calls = [{ id: 'i', type: 'custom', custom: { name: 'n', input: 'a text' } }];
    expect(answered({ role: 'assistant', content: null, tool_calls: calls })).toEqual([
      answer(null, { toolCalls: [call('i', 'n', 'a text')] }),
    ]);
  });

  it('may be spoken', () => {
    expect(answered({ role: 'assistant', content: null, audio: { id: 'i', transcript: 'Hi' } })).toEqual([
      answer('Hi'),
    ]);
    expect(answered({ role: 'assistant', content: null, audio: { id: 'i' } })).toEqual([answer('[audio: i]')]);
    expect(answered({ role: 'assistant', content, audio: { transcript: 'Hi' } })).toEqual([answer('a')]);
  });

  it.each<[JsonObject, string | null]>([
    [{ finish_reason: 'length' }, 'length'],
    [{ stop_reason: 'end_turn', finish_reason: 'length' }, 'end_turn'],
    [{ status: 'completed' }, null],
    [{ status: 'completed', object: 'response' }, 'completed'],
    [{ status: 'completed', output: [] }, 'completed'],
    [{ status: 'incomplete', object: 'response', incomplete_details: { reason: 'why' } }, 'why'],
    [{ choices: [{ finish_reason: 'stop' }], finish_reason: 'length' }, 'stop'],
    [{ choices: { 0: { finish_reason: 'stop' } } }, null],
  ])('with %j ends for the reason %j', (more, reason) => {
    expect(conversationOf([{ role: 'user', content }], { role: 'assistant', content, ...more })?.finishReason).toBe(
      reason,
    );
  });
});

describe('what is asked', () => {
  it('has a system’s text before the messages, from wherever it comes', () => {
    const messages = [{ role: 'user', content: 'Hi' }];
    const asked = (inputs: JsonValue) =>
      conversationOf(inputs, null)?.messages.map(({ role, content }) => [role, content]);
    const both = [
      ['system', 'Be brief.'],
      ['user', 'Hi'],
    ];
    expect(asked({ system: 'Be brief.', messages })).toEqual(both);
    expect(asked({ system: { text: 'Be brief.' }, messages })).toEqual(both.slice(1));
    expect(asked({ instructions: 'Be brief.', input: messages })).toEqual(both);
    expect(asked({ instructions: ['Be brief.'], input: messages })).toEqual(both.slice(1));
    expect(asked({ instructions: 'Be brief.', input: 'Hi' })).toEqual(both);
    expect(asked({ instructions: 'Be brief.' })).toBeUndefined();
    expect(asked({ system: 'Be brief.' })).toBeUndefined();
  });

  it('holds results of tools before a user’s text, and after a model’s', () => {
    const content = ['Hi', { type: 'tool_result', tool_use_id: 'i', content: 'r' }];
    const result = message('tool', 'r', { toolCallId: 'i' });
    const asked = (role: string, parts: JsonValue) =>
      saidIn(conversationOf([{ role, content: parts }], null)?.messages);
    expect(asked('user', content)).toEqual([result, message('user', 'Hi')]);
    expect(asked('assistant', content)).toEqual([message('assistant', 'Hi'), result]);
    expect(asked('user', content.slice(1))).toEqual([result]);
    const used = { type: 'tool_use', id: 'i', name: 'n', input: {} };
    expect(asked('assistant', [used, ...content.slice(1)])).toEqual([
      message('assistant', null, { toolCalls: [call('i', 'n', '{}')] }),
      result,
    ]);
    const lines = { type: 'tool_result', tool_use_id: 'i', content: ['r', 's'] };
    expect(asked('user', [lines])).toEqual([{ ...result, content: 'r\ns' }]);
  });
});

describe('an item that is no message', () => {
  const [first, second] = [
    { type: 'function_call', call_id: 'a', id: 'x', name: 'f', arguments: '{}' },
    { type: 'local_shell_call', id: 'b', action: ['ls'] },
  ];
  const calls = [call('a', 'f', '{}'), call('b', 'local_shell', '["ls"]')];
  const asked = (...input: readonly JsonValue[]) => saidIn(conversationOf({ input }, null)?.messages);

  it('is a call of the turn before, if that is the model’s', () => {
    expect(asked(first, second)).toEqual([message('assistant', null, { toolCalls: calls })]);
    const hi = { role: 'assistant', content: 'Hi' };
    expect(asked(hi, first, second)).toEqual([message('assistant', 'Hi', { toolCalls: calls })]);
    expect(asked({ ...hi, role: 'user' }, first)).toEqual([
      message('user', 'Hi'),
      message('assistant', null, { toolCalls: calls.slice(0, 1) }),
    ]);
  });

  it.each(['arguments', 'input', 'action', 'operation', 'code', 'queries'])('may be called with %s', (key) => {
    const [said] = asked({ type: 'some_call', id: 'i', [key]: [1] }) ?? [];
    expect(said?.toolCalls).toEqual([call('i', 'some', '[1]')]);
  });

  it.each(['output', 'result', 'outputs', 'error'])('may have its result in %s', (key) => {
    const result = message('tool', 'r', { toolCallId: 'i' });
    expect(asked({ type: 'some_call_output', call_id: 'i', [key]: 'r' })).toEqual([result]);
    expect(asked({ type: 'some_call', id: 'i', [key]: 'r' })).toEqual([
      message('assistant', null, { toolCalls: [{ id: 'i', name: 'some', arguments: null }] }),
      result,
    ]);
  });

  it('shows nothing if it is neither a call nor a result', () => {
    expect(asked({ type: 'reasoning', output: 'r' }, { output: 'r' }, 'text')).toBeUndefined();
    const picture = { type: 'image_generation_call', id: 'i', result: 'abcd' };
    expect(asked({ role: 'assistant', content: 'Hi' }, picture)?.[0]?.content).toBe('Hi\n[image: 3 bytes]');
    expect(asked({ type: 'image_generation_call', id: 'i' })).toEqual([
      message('assistant', null, { toolCalls: [{ id: 'i', name: 'image_generation', arguments: null }] }),
    ]);
  });
});

describe('the bounds of a conversation', () => {
  const asked = (content: JsonValue) => conversationOf({ messages: [{ role: 'user', content }] }, null)?.messages[0];

  it('keeps the latest 200 messages and counts the others', () => {
    const messages = Array.from({ length: 500 }, (_, at) => ({ role: 'user', content: `${at}` }));
    const read = conversationOf({ messages }, CHAT.outputs);
    expect(read?.messages).toHaveLength(200);
    expect(read?.messages[0]?.content).toBe('301');
    expect(read?.messages.at(-1)).toMatchObject({ ...answer('It is 21 °C.'), index: 500 });
    expect(read?.messages.map(({ index }) => index)).toEqual(Array.from({ length: 200 }, (_, at) => 301 + at));
    expect(read?.omittedMessages).toBe(301);
    const answers = Array.from({ length: 250 }, (_, at) => ({ role: 'assistant', content: `${at}` }));
    const both = conversationOf({ messages }, answers);
    expect(both).toMatchObject({ omittedMessages: 550, messages: { length: 200, 0: { index: 550, content: '50' } } });
    const choices = answers.map((each) => ({ message: each }));
    expect(answered({ choices })).toHaveLength(100);
  });

  it('cuts texts at 100,000 characters, never in the middle of one', () => {
    expect(asked('a'.repeat(100_000))).toMatchObject({ isTruncated: false });
    expect(asked('a'.repeat(100_001))).toMatchObject({ isTruncated: true, content: 'a'.repeat(100_000) });
    const [most, more] = ['a'.repeat(100_000), 'b'].map((text) => ({ type: 'text', text }));
    expect(asked([most ?? null, more ?? null])).toMatchObject({ isTruncated: true, content: most?.text });
    const cut = asked(`${'a'.repeat(99_999)}😀`);
    expect(cut).toMatchObject({ isTruncated: true, content: 'a'.repeat(99_999) });
    const parts = Array.from({ length: 50 }, () => ({ type: 'text', text: 'b'.repeat(9999) }));
    expect(asked(parts)?.content).toHaveLength(100_000);
    const input = { long: 'c '.repeat(100_000) };
    const [called] = answered({ role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input }] }) ?? [];
    expect(called).toMatchObject({ isTruncated: true });
    expect(called?.toolCalls[0]?.arguments).toHaveLength(100_000);
  });

  it('reads so many parts and calls, and says that there were more', () => {
    const parts = (length: number) => Array.from({ length }, () => ({ type: 'text', text: 'a' }));
    expect(asked(parts(500))).toMatchObject({ isTruncated: false });
    expect(asked(parts(501))).toMatchObject({ isTruncated: true, content: asked(parts(500))?.content });
    const called = (length: number) => {
      const calls = Array.from({ length }, (_, at) => ({ id: `${at}`, function: { name: 'f', arguments: '{}' } }));
      return answered({ choices: [{ message: { role: 'assistant', tool_calls: calls } }] })?.[0];
    };
    expect(called(100)).toMatchObject({ isTruncated: false });
    expect(called(101)).toMatchObject({ isTruncated: true, toolCalls: called(100)?.toolCalls });
  });

  it('cuts links, names and roles', () => {
    const url = `https://example.com/${'a'.repeat(5000)}`;
    expect(asked([{ type: 'image_url', image_url: { url } }])?.content?.length).toBeLessThan(510);
    const [long] = conversationOf({ messages: [{ role: 'r'.repeat(1000), content: 'a' }] }, null)?.messages ?? [];
    expect(long?.role).toHaveLength(256);
  });

  it('answers for JSON that is deeper than any stack', () => {
    let deep: JsonValue = 'x';
    for (let level = 0; level < 100_000; level += 1) deep = level % 2 === 0 ? { content: [deep] } : { input: deep };
    const content = [
      { type: 'tool_use', id: 't', name: 'f', input: deep },
      deep,
      { type: 'tool_result', content: deep },
    ];
    const [first] = answered({ role: 'assistant', content }) ?? [];
    expect(first?.toolCalls[0]?.arguments).toBe('(nested deeper than 200 levels)');
    expect(() => conversationOf(deep, deep)).not.toThrow();
  });
});
