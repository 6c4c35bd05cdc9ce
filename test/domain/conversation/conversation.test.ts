import { describe, expect, it } from '@jest/globals';
import { conversationOf } from '../../../src/domain/conversation/conversation.ts';
import type { JsonObject, JsonValue } from '../../../src/domain/types.ts';
import { ANTHROPIC, CHAT, RESPONSES, type Exchange } from './shapes.ts';
import { transcript } from './transcript.ts';

const asked = (inputs: JsonValue) => transcript(inputs, null);
const answered = (outputs: JsonValue) => transcript(null, outputs);
const HI = { role: 'user', content: 'Hi' };

/** The content of a model's answer with these parts. */
const contentOf = (...content: readonly JsonValue[]) =>
  conversationOf(null, { role: 'assistant', content })?.messages[0]?.content;

describe('a conversation', () => {
  it.each<[string, Exchange, string, string, string[]]>([
    [
      'chat completions',
      CHAT,
      'gpt-4.1-mini-2025-04-14',
      'stop',
      [
        'developer: Be brief.',
        'user: What is this?\n[image: image/png, 3 kB]\n[image: https://example.com/cat.png]\n[audio: wav, 3 kB]\n[file: report.pdf]',
        'assistant',
        'call_1 = get_weather({"city":"Paris"})',
        'tool(call_1): {"celsius":21}',
        '→ assistant: It is 21 °C.',
      ],
    ],
    [
      'responses',
      RESPONSES,
      'gpt-5-mini-2025-08-07',
      'completed',
      [
        'system: Be brief.',
        'user: What is this?\n[image: image/jpeg, 3 kB]\n[file: file-7]',
        'assistant',
        'call_0 = get_weather({"city":"Paris"})',
        'tool(call_0): {"celsius":21}',
        '→ assistant: It is 21 °C.',
        'call_1 = save({"celsius":21})',
        'call_2 = shout(21!)',
      ],
    ],
    [
      'Anthropic messages',
      ANTHROPIC,
      'claude-sonnet-4-5-20250929',
      'end_turn',
      [
        'system: Be brief.',
        'user: What is this?\n[image: image/png, 3 kB]\n[image: https://example.com/cat.png]\n[document: Report, 3 kB]',
        'assistant: I look it up.',
        'toolu_1 = get_weather({"city":"Paris"})',
        'tool(toolu_1): 21 °C\n[image: image/png, 3 kB]',
        'user: Well?',
        '→ assistant: It is 21 °C.',
      ],
    ],
  ])('is read from inputs and outputs of %s', (_, { inputs, outputs }, model, finishReason, lines) => {
    expect(transcript(inputs, outputs)).toEqual(lines);
    expect(conversationOf(inputs, outputs)).toMatchObject({ model, finishReason, omittedMessages: 0 });
  });

  it('has the requested model before there is a response', () => {
    expect(conversationOf(CHAT.inputs, null)).toMatchObject({ model: 'gpt-4.1-mini', finishReason: null });
  });

  it.each<[string, JsonValue, JsonValue]>([
    ['an empty step', null, null],
    ['a call of another API', { url: 'https://example.com' }, { status: 200, output: [{ type: 'row', id: 1 }] }],
    ['a condition', { branches: ['a'] }, { branch: 'a', choices: ['a', 'b'] }],
    ['an embedding', { model: 'e', input: 'a text' }, { object: 'list', data: [{ embedding: [0.1] }], model: 'e' }],
    ['chat messages without a model', { messages: [{ text: 'hi', user: 'U1' }] }, { ok: true }],
    ['plain text', { query: 'a' }, 'an answer'],
    ['an input without a model', { input: 'Hi' }, null],
    ['only instructions', { instructions: 'Be brief.', system: 'Be brief.' }, null],
    ['inputs without a role', [{ content: 'a' }, { tool_calls: 'a' }], null],
    ['empty or mixed lists', [], [[], {}, null, 'a']],
  ])('is null for %s', (_, inputs, outputs) => {
    expect(conversationOf(inputs, outputs)).toBeNull();
  });
});

describe('the input of a model', () => {
  it.each<[string, JsonValue, string[]]>([
    ['can be a list of messages', [HI], ['user: Hi']],
    ['starts with the system prompt', { system: 'Be brief.', messages: [HI] }, ['system: Be brief.', 'user: Hi']],
    ['ignores a system prompt of unknown form', { system: { text: 'Be brief.' }, messages: [HI] }, ['user: Hi']],
    [
      'starts with the instructions, before items',
      { instructions: 'Be brief.', input: [HI] },
      ['system: Be brief.', 'user: Hi'],
    ],
    [
      'starts with the instructions, before a text',
      { instructions: 'Be brief.', input: 'Hi' },
      ['system: Be brief.', 'user: Hi'],
    ],
    ['ignores instructions of unknown form', { instructions: ['Be brief.'], input: [HI] }, ['user: Hi']],
  ])('%s', (_, inputs, lines) => {
    expect(asked(inputs)).toEqual(lines);
  });

  it.each<[string, JsonValue]>([
    ['null', null],
    ['an empty object', {}],
    ['an error', { error: { message: 'Rate limit reached' } }],
    ['a response without a message', { object: 'response', status: 'incomplete', output: [{ type: 'reasoning' }] }],
  ])('is the input string if the model responded with %s', (_, outputs) => {
    expect(transcript({ model: 'gpt-5-mini', input: 'Hi' }, outputs)).toEqual(['user: Hi']);
  });

  it('is the input string if the response is a message', () => {
    const lines = ['user: Hi', '→ assistant: Hello'];
    expect(transcript({ input: 'Hi' }, { role: 'assistant', content: 'Hello' })).toEqual(lines);
  });

  const result = { type: 'tool_result', tool_use_id: 'i', content: ['r', 's'] };
  const use = { type: 'tool_use', id: 'i', name: 'n', input: {} };
  it.each<[string, string, JsonValue, string[]]>([
    ['before the text of a user', 'user', ['Hi', result], ['tool(i): r\ns', 'user: Hi']],
    ['after the text of a model', 'assistant', ['Hi', result], ['assistant: Hi', 'tool(i): r\ns']],
    ['after the call of a model', 'assistant', [use, result], ['assistant', 'i = n({})', 'tool(i): r\ns']],
    ['without other content', 'user', [result], ['tool(i): r\ns']],
  ])('has tool results %s', (_, role, content, lines) => {
    expect(asked([{ role, content }])).toEqual(lines);
  });
});

describe('the response of a model', () => {
  const no = 'I cannot help with that.';
  const refused = `→ assistant refuses: ${no}`;
  const said = (content: JsonValue, more: JsonObject = {}) => ({ role: 'assistant', content, ...more });
  const declined = { stop_reason: 'refusal', stop_details: { explanation: no } };
  const search = { type: 'server_tool_use', id: 'i', name: 'web_search', input: { query: 'q' } };
  const found = { type: 'web_search_tool_result', tool_use_id: 'i', content: [{ type: 'page', url: 'u' }] };
  const roll = { type: 'mcp_call', id: 'i', name: 'roll', arguments: '{}', output: '7' };

  it.each<[string, JsonValue, string[]]>([
    [
      'has a message for each choice',
      { choices: [{ message: said('a') }, { message: HI }] },
      ['→ assistant: a', '→ user: Hi'],
    ],
    ['can be a message', said('a'), ['→ assistant: a']],
    ['can be inside a message', { message: said('a'), done: true }, ['→ assistant: a']],
    ['can be the joined text of an SDK', { object: 'response', output_text: 'a' }, ['→ assistant: a']],
    ['can be a refusal', { choices: [{ message: said(null, { refusal: no }) }] }, [refused]],
    ['can be a refusal after a text', said('Hm.', { refusal: 'no' }), ['→ assistant refuses: Hm.\nno']],
    ['can be a refusal in a part', said([{ type: 'refusal', refusal: no }]), [refused]],
    ['can be declined', said([], declined), [refused]],
    ['can be declined with an empty text', said('', declined), [refused]],
    ['can be declined after a text', said('said', declined), ['→ assistant refuses: said']],
    ['can be declined without a reason', said([], { stop_reason: 'refusal' }), ['→ assistant refuses']],
    [
      'is not a refusal if it ends for another reason',
      said('a', { ...declined, stop_reason: 'end_turn' }),
      ['→ assistant: a'],
    ],
    ['can be spoken', said(null, { audio: { id: 'i', transcript: 'Hi' } }), ['→ assistant: Hi']],
    ['can be spoken without a transcript', said(null, { audio: { id: 'i' } }), ['→ assistant: [audio: i]']],
    ['can be both written and spoken', said('a', { audio: { transcript: 'Hi' } }), ['→ assistant: a']],
    [
      'can call a function',
      said(null, { function_call: { name: 'f', arguments: '{}' } }),
      ['→ assistant', 'null = f({})'],
    ],
    [
      'can call a tool with a text',
      said(null, { tool_calls: [{ id: 'i', custom: { name: 'n', input: 'a' } }] }),
      ['→ assistant', 'i = n(a)'],
    ],
    [
      'contains the calls of its service',
      { object: 'response', output: [roll] },
      ['→ assistant', 'i = roll({})', '→ tool(i): 7'],
    ],
    [
      'contains the searches of its service',
      said([search, found, 'Found.']),
      ['→ assistant: Found.', 'i = web_search({"query":"q"})', '→ tool(i): [page: u]'],
    ],
  ])('%s', (_, outputs, lines) => {
    expect(answered(outputs)).toEqual(lines);
  });

  it.each(['content', 'tool_calls', 'function_call', 'refusal'])('may be a choice with only %s', (key) => {
    expect(answered({ choices: [{ message: { [key]: null } }] })).toEqual(['→ assistant']);
  });

  it('may be a plain string if a model was requested', () => {
    expect(transcript({ messages: [HI] }, 'Hello')).toEqual(['user: Hi', '→ assistant: Hello']);
    expect(conversationOf({ messages: [HI] }, 'Hello')?.messages[1]).toMatchObject({ isTruncated: false });
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
  ])('maps %j to the finish reason %j', (more, reason) => {
    expect(conversationOf([HI], { role: 'assistant', content: 'a', ...more })?.finishReason).toBe(reason);
  });
});

describe('a part of a message', () => {
  const all = { title: 't', filename: 'f', name: 'n', url: 'u', file_id: 'i', id: 'd' };
  const source = { url: 'https://example.com/a', file_id: 'i', media_type: 'text/plain', type: 'text', data: 'abcd' };

  it.each<[JsonValue, string | null]>([
    ['a text', 'a text'],
    [null, ''],
    [{ text: 'a text' }, 'a text'],
    [{ size: 1 }, '{"size":1}'],
    [{ type: 'mystery', text: 'a text' }, 'a text'],
    [{ type: 'mystery', text: 7 }, '[mystery]'],
    [{ type: 'mystery', ...all }, '[mystery: t]'],
    [{ type: 'mystery', ...all, title: '' }, '[mystery: f]'],
    [{ type: 'mystery', url: 'u', file_id: 'i', id: 'd' }, '[mystery: u]'],
    [{ type: 'mystery', id: 'd' }, '[mystery: d]'],
    [{ type: 'image_url', image_url: { url: 'data:image/svg+xml;utf8,<svg/>' } }, '[image: image/svg+xml, 4 bytes]'],
    [{ type: 'image_url', image_url: { url: 'data:,abcd' } }, '[image: 3 bytes]'],
    [{ type: 'image_url' }, '[image]'],
    [{ type: 'input_audio', input_audio: { format: 'wav' } }, '[audio: wav]'],
    [{ type: 'file', file: { file_id: 'i' } }, '[file: i]'],
    [{ type: 'file' }, '[file]'],
    [{ type: 'refusal' }, ''],
    [{ type: 'input_image', image_url: 'https://example.com/a', file_id: 'i' }, '[image: i]'],
    [{ type: 'computer_screenshot', image_url: 'https://example.com/a' }, '[image: https://example.com/a]'],
    [{ type: 'input_file', filename: 'f', file_id: 'i', file_url: 'u' }, '[file: f]'],
    [{ type: 'input_file', file_url: 'u' }, '[file: u]'],
    [{ type: 'document', title: 't', source }, '[document: https://example.com/a]'],
    [{ type: 'image', source: { ...source, url: '' } }, '[image: i]'],
    [{ type: 'image', source: { ...source, url: '', file_id: '' } }, '[image: text/plain]'],
    [{ type: 'image', source: { type: 'base64', media_type: 'a/b', data: 'abcd' } }, '[image: a/b, 3 bytes]'],
    [{ type: 'image' }, '[image]'],
    ...['thinking', 'redacted_thinking', 'reasoning_text', 'tool_use'].map((type): [JsonValue, null] => [
      { type, text: 'Hm.' },
      null,
    ]),
  ])('reads %j as %j, with references on separate lines', (part, expected) => {
    const isReference = expected?.startsWith('[') === true;
    expect(contentOf('a', part, 'b')).toBe(isReference ? `a\n${expected}\nb` : `a${expected ?? ''}b`);
  });

  it.each(['tool_use', 'server_tool_use', 'mcp_tool_use'])('is a call if its type is %s', (type) => {
    const content = [{ type, id: 'i', name: 'n', input: { a: 1 } }];
    expect(answered({ role: 'assistant', content })).toEqual(['→ assistant', 'i = n({"a":1})']);
  });

  it('goes on a separate line in a user message', () => {
    expect(asked([{ role: 'user', content: ['a', 'b', { type: 'image' }, 'c'] }])).toEqual(['user: a\nb\n[image]\nc']);
  });

  it.each([
    [0, '0 bytes'],
    [1333, '999 bytes'],
    [1334, '1 kB'],
    [4_000_000, '3000 kB'],
  ])('shows %d characters of base64 as %s', (length, size) => {
    const source = { type: 'base64', data: 'A'.repeat(length) };
    expect(contentOf({ type: 'image', source })).toBe(`[image: ${size}]`);
  });
});

describe('an item of a response', () => {
  const first = { type: 'function_call', call_id: 'a', id: 'x', name: 'f', arguments: '{}' };
  const second = { type: 'local_shell_call', id: 'b', action: ['ls'] };
  const hello = { role: 'assistant', content: 'Hello' };

  it.each<[string, readonly JsonValue[], string[] | null]>([
    [
      'that is a call is in one turn with the next call',
      [first, second],
      ['assistant', 'a = f({})', 'b = local_shell(["ls"])'],
    ],
    ['that is a call is in the turn of the model before it', [hello, first], ['assistant: Hello', 'a = f({})']],
    ["that is a call after a user's message has its own turn", [HI, first], ['user: Hi', 'assistant', 'a = f({})']],
    [
      'that is neither a call nor a result is ignored',
      [{ type: 'reasoning', output: 'r' }, { output: 'r' }, 'a'],
      null,
    ],
    [
      'with a generated picture shows its size',
      [hello, { type: 'image_generation_call', id: 'i', result: 'abcd' }],
      ['assistant: Hello\n[image: 3 bytes]', 'i = image_generation()'],
    ],
    [
      'without the generated picture yet shows only the call',
      [{ type: 'image_generation_call', id: 'i' }],
      ['assistant', 'i = image_generation()'],
    ],
  ])('%s', (_, input, lines) => {
    expect(asked({ input })).toEqual(lines);
  });

  it.each(['arguments', 'input', 'action', 'operation', 'code', 'queries'])(
    'may have the arguments of the call in %s',
    (key) => {
      expect(asked({ input: [{ type: 'some_call', id: 'i', [key]: [1] }] })).toEqual(['assistant', 'i = some([1])']);
    },
  );

  it.each(['output', 'result', 'outputs', 'error'])('may have its result in %s', (key) => {
    expect(asked({ input: [{ type: 'some_call_output', call_id: 'i', [key]: 'r' }] })).toEqual(['tool(i): r']);
    const both = ['assistant', 'i = some()', 'tool(i): r'];
    expect(asked({ input: [{ type: 'some_call', id: 'i', [key]: 'r' }] })).toEqual(both);
  });
});

describe('binary content in a string', () => {
  const base64 = (length: number) => `${'aZ09+/_-'.repeat(200).slice(0, length)}=`;

  it.each(['image/png', 'image/svg+xml', 'text/plain;charset=utf-8', 'a/b;x=1;y=2;z=3'])(
    'becomes a reference in data URLs of %s from 200 characters',
    (type) => {
      const url = (length: number) => `data:${type};base64,${base64(length)}`;
      const long = `[data: ${type}, 150 bytes]`;
      expect(contentOf(`(${url(199)}) (${url(200)}) (${url(200)})`)).toBe(`(${url(199)}) (${long}) (${long})`);
    },
  );

  it('becomes a reference in base64 from 1000 characters', () => {
    const value = { words: 'a b', short: base64(999), long: base64(1400) };
    expect(contentOf(value)).toBe(JSON.stringify({ ...value, long: '[data: 1 kB]' }));
    expect(contentOf({ long: base64(1000) })).toBe('{"long":"[data: 750 bytes]"}');
  });

  it('is searched for once per word, even in very long words', () => {
    const start = process.cpuUsage().user;
    expect(contentOf({ text: `${'x'.repeat(999)} `.repeat(1000) })).toHaveLength(100_000);
    // A search at each character of a word would take seconds.
    expect(process.cpuUsage().user - start).toBeLessThan(500_000);
  });
});

describe('the limits of a conversation', () => {
  const read = (content: JsonValue) => conversationOf([{ role: 'user', content }], null)?.messages[0];
  const parts = (length: number, text = 'a') => Array<string>(length).fill(text);

  it('keep the latest 200 messages and count the others', () => {
    const messages = Array.from({ length: 500 }, (_, at) => ({ role: 'user', content: `${at}` }));
    const { messages: latest = [], omittedMessages } = conversationOf(messages, CHAT.outputs) ?? {};
    expect(omittedMessages).toBe(301);
    expect(latest.map(({ index }) => index)).toEqual(Array.from({ length: 200 }, (_, at) => 301 + at));
    expect([latest[0]?.content, latest.at(-1)?.content]).toEqual(['301', 'It is 21 °C.']);
    const answers = messages.slice(0, 250);
    expect(transcript(messages, answers)?.[0]).toBe('→ user: 50');
    expect(answered({ choices: answers.map((message) => ({ message })) })).toHaveLength(100);
  });

  it.each<[string, JsonValue, boolean, string]>([
    ['100,000 characters', 'a'.repeat(100_000), false, 'a'.repeat(100_000)],
    ['a longer text', 'a'.repeat(100_001), true, 'a'.repeat(100_000)],
    ['a longer text whose last character would be split', `${'a'.repeat(99_999)}😀`, true, 'a'.repeat(99_999)],
    ['a longer text in parts', parts(2, 'a'.repeat(99_999)), true, `${'a'.repeat(99_999)}\n`],
    ['500 parts', parts(500), false, 'a\n'.repeat(500).trimEnd()],
    ['more than 500 parts', parts(501), true, 'a\n'.repeat(500).trimEnd()],
  ])('cut content of %s', (_, content, isTruncated, expected) => {
    expect(read(content)).toMatchObject({ isTruncated, content: expected });
  });

  it('keep 100 calls per message, each with 100,000 characters of arguments', () => {
    const called = (length: number, given = '{}') => {
      const calls = Array.from({ length }, (_, at) => ({ id: `${at}`, function: { name: 'f', arguments: given } }));
      return conversationOf(null, { role: 'assistant', tool_calls: calls })?.messages[0];
    };
    expect(called(100)).toMatchObject({ isTruncated: false });
    expect(called(101)).toMatchObject({ isTruncated: true, toolCalls: called(100)?.toolCalls });
    expect(called(1, 'c '.repeat(100_000))?.toolCalls[0]?.arguments).toBe('c '.repeat(50_000));
    expect(called(1, 'c '.repeat(100_000))?.isTruncated).toBe(true);
  });

  it('keep 500 characters of a link and 256 of a role', () => {
    const url = `https://example.com/${'a'.repeat(5000)}`;
    expect(read([{ type: 'image_url', image_url: { url } }])?.content).toHaveLength(501);
    expect(conversationOf([{ role: 'r'.repeat(1000), content: 'a' }], null)?.messages[0]?.role).toHaveLength(256);
  });

  it('apply to JSON nested too deeply for recursion', () => {
    let deep: JsonValue = 'x';
    for (let level = 0; level < 100_000; level += 1) deep = level % 2 === 0 ? { content: [deep] } : { input: deep };
    expect(contentOf(deep, { type: 'tool_result', content: deep })).toBe('(nested deeper than 200 levels)');
    expect(() => conversationOf(deep, deep)).not.toThrow();
  });
});
