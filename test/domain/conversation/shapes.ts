/** Inputs and outputs in the vendors' documented formats. */
import type { JsonObject, JsonValue } from '../../../src/domain/types.ts';

export interface Exchange {
  readonly inputs: JsonValue;
  readonly outputs: JsonValue;
}

/** A picture of 3000 bytes. */
const BASE64 = 'iVBORw0KGgo'.padEnd(4000, 'A');

const WEATHER_CALL = {
  id: 'call_1',
  type: 'function',
  function: { name: 'get_weather', arguments: '{"city":"Paris"}' },
};

export const CHAT: Exchange = {
  inputs: {
    model: 'gpt-4.1-mini',
    messages: [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${BASE64}`, detail: 'low' } },
          { type: 'image_url', image_url: { url: 'https://example.com/cat.png' } },
          { type: 'input_audio', input_audio: { data: BASE64, format: 'wav' } },
          { type: 'file', file: { filename: 'report.pdf', file_data: BASE64 } },
        ],
      },
      { role: 'assistant', content: null, tool_calls: [WEATHER_CALL] },
      { role: 'tool', tool_call_id: 'call_1', content: '{"celsius":21}' },
    ],
  },
  outputs: {
    object: 'chat.completion',
    model: 'gpt-4.1-mini-2025-04-14',
    choices: [
      {
        message: { role: 'assistant', content: 'It is 21 °C.', refusal: null, annotations: [] },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 30, completion_tokens: 8, total_tokens: 38 },
  },
};

export const RESPONSES: Exchange = {
  inputs: {
    model: 'gpt-5-mini',
    instructions: 'Be brief.',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'What is this?' },
          { type: 'input_image', image_url: `data:image/jpeg;base64,${BASE64}`, detail: 'auto' },
          { type: 'input_file', file_id: 'file-7' },
        ],
      },
      { type: 'reasoning', id: 'rs_0', summary: [{ type: 'summary_text', text: 'Hm.' }] },
      { type: 'function_call', id: 'fc_0', call_id: 'call_0', name: 'get_weather', arguments: '{"city":"Paris"}' },
      { type: 'function_call_output', call_id: 'call_0', output: '{"celsius":21}' },
    ],
  },
  outputs: {
    object: 'response',
    status: 'completed',
    model: 'gpt-5-mini-2025-08-07',
    output: [
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA' },
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'It is 21 °C.', annotations: [] }],
      },
      { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'save', arguments: '{"celsius":21}' },
      { type: 'custom_tool_call', id: 'ct_1', call_id: 'call_2', name: 'shout', input: '21!' },
    ],
    usage: { input_tokens: 30, output_tokens: 8, total_tokens: 38 },
  },
};

const PICTURE = { type: 'base64', media_type: 'image/png', data: BASE64 };

export const ANTHROPIC: Exchange = {
  inputs: {
    model: 'claude-sonnet-4-5',
    max_tokens: 1024,
    system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image', source: PICTURE },
          { type: 'image', source: { type: 'url', url: 'https://example.com/cat.png' } },
          { type: 'document', title: 'Report', source: PICTURE },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Weather first.', signature: 'EqQB' },
          { type: 'text', text: 'I look it up.' },
          { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { city: 'Paris' } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 'toolu_1',
            content: [
              { type: 'text', text: '21 °C' },
              { type: 'image', source: PICTURE },
            ],
          },
          { type: 'text', text: 'Well?' },
        ],
      },
    ],
  },
  outputs: {
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content: [
      { type: 'text', text: 'It is ' },
      { type: 'text', text: '21 °C.', citations: [{ type: 'char_location', cited_text: '21 °C' }] },
    ],
    stop_reason: 'end_turn',
    usage: { input_tokens: 30, cache_read_input_tokens: 100, cache_creation_input_tokens: 0, output_tokens: 8 },
  },
};

const chunk = (delta: JsonObject, finish_reason: string | null = null) => ({
  object: 'chat.completion.chunk',
  model: 'gpt-4.1-mini',
  choices: [{ index: 0, delta, finish_reason }],
});
const toolCall = (more: JsonObject) => chunk({ tool_calls: [{ index: 0, ...more }] });
const responseEvent = (type: string, more: JsonObject) => ({ type: `response.${type}`, ...more });
const blockEvent = (type: string, index: number, more: JsonObject) => ({
  type: `content_block_${type}`,
  index,
  ...more,
});

/** The events of a streamed answer, in order. */
export const STREAMS = {
  chat: [
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'It is ' }),
    chunk({ content: '21 °C.' }),
    toolCall({ id: 'call_1', type: 'function', function: { name: 'save', arguments: '' } }),
    toolCall({ function: { arguments: '{"celsius"' } }),
    toolCall({ function: { arguments: ':21}' } }),
    chunk({}, 'tool_calls'),
    { object: 'chat.completion.chunk', choices: [], usage: { prompt_tokens: 30, completion_tokens: 8 } },
  ],
  responses: [
    responseEvent('created', { response: { object: 'response', status: 'in_progress', model: 'gpt-5-mini' } }),
    responseEvent('output_item.added', { output_index: 0, item: { type: 'message', role: 'assistant', content: [] } }),
    responseEvent('output_text.delta', { output_index: 0, content_index: 0, delta: 'It is ' }),
    responseEvent('output_text.delta', { output_index: 0, content_index: 0, delta: '21 °C.' }),
    responseEvent('output_item.added', {
      output_index: 1,
      item: { type: 'function_call', call_id: 'call_1', name: 'save', arguments: '' },
    }),
    responseEvent('function_call_arguments.delta', { output_index: 1, delta: '{"celsius"' }),
    responseEvent('function_call_arguments.delta', { output_index: 1, delta: ':21}' }),
  ],
  anthropic: [
    { type: 'message_start', message: { role: 'assistant', model: 'claude-sonnet-4-5', content: [], usage: {} } },
    blockEvent('start', 0, { content_block: { type: 'text', text: '' } }),
    { type: 'ping' },
    blockEvent('delta', 0, { delta: { type: 'text_delta', text: 'It is ' } }),
    blockEvent('delta', 0, { delta: { type: 'text_delta', text: '21 °C.' } }),
    blockEvent('stop', 0, {}),
    blockEvent('start', 1, { content_block: { type: 'tool_use', id: 'call_1', name: 'save', input: {} } }),
    blockEvent('delta', 1, { delta: { type: 'input_json_delta', partial_json: '{"celsius"' } }),
    blockEvent('delta', 1, { delta: { type: 'input_json_delta', partial_json: ':21}' } }),
    blockEvent('stop', 1, {}),
    { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 8 } },
    { type: 'message_stop' },
  ],
} satisfies Record<string, readonly JsonValue[]>;
