/** Inputs and outputs as the vendors document them. */
import type { JsonValue } from '../../../src/domain/types.ts';

export interface Exchange {
  readonly inputs: JsonValue;
  readonly outputs: JsonValue;
}

/** A picture of 3000 bytes. */
export const BASE64 = 'iVBORw0KGgo'.padEnd(4000, 'A');

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
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1763000000,
    model: 'gpt-4.1-mini-2025-04-14',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'It is 21 °C.', refusal: null, annotations: [] },
        logprobs: null,
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
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    incomplete_details: null,
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
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: BASE64 } },
          { type: 'image', source: { type: 'url', url: 'https://example.com/cat.png' } },
          {
            type: 'document',
            title: 'Report',
            source: { type: 'base64', media_type: 'application/pdf', data: BASE64 },
          },
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
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: BASE64 } },
            ],
          },
          { type: 'text', text: 'Well?' },
        ],
      },
    ],
  },
  outputs: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content: [
      { type: 'text', text: 'It is ' },
      { type: 'text', text: '21 °C.', citations: [{ type: 'char_location', cited_text: '21 °C' }] },
    ],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 30, cache_read_input_tokens: 100, cache_creation_input_tokens: 0, output_tokens: 8 },
  },
};

/** The events of a streamed answer, in its order. */
export const STREAMS = {
  chat: [
    {
      object: 'chat.completion.chunk',
      model: 'gpt-4.1-mini',
      choices: [{ index: 0, delta: { role: 'assistant', content: '' } }],
    },
    { object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'It is ' }, finish_reason: null }] },
    { object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: '21 °C.' }, finish_reason: null }] },
    {
      object: 'chat.completion.chunk',
      choices: [
        {
          index: 0,
          delta: {
            tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'save', arguments: '' } }],
          },
        },
      ],
    },
    {
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '{"celsius"' } }] } }],
    },
    {
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: ':21}' } }] } }],
    },
    { object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
    {
      object: 'chat.completion.chunk',
      choices: [],
      usage: { prompt_tokens: 30, completion_tokens: 8, total_tokens: 38 },
    },
  ],
  responses: [
    {
      type: 'response.created',
      response: { object: 'response', status: 'in_progress', model: 'gpt-5-mini', output: [] },
    },
    { type: 'response.output_item.added', output_index: 0, item: { type: 'message', role: 'assistant', content: [] } },
    { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'It is ' },
    { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: '21 °C.' },
    {
      type: 'response.output_item.added',
      output_index: 1,
      item: { type: 'function_call', call_id: 'call_1', name: 'save', arguments: '' },
    },
    { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{"celsius"' },
    { type: 'response.function_call_arguments.delta', output_index: 1, delta: ':21}' },
  ],
  anthropic: [
    {
      type: 'message_start',
      message: { type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [], usage: {} },
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'It is ' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '21 °C.' } },
    { type: 'content_block_stop', index: 0 },
    {
      type: 'content_block_start',
      index: 1,
      content_block: { type: 'tool_use', id: 'call_1', name: 'save', input: {} },
    },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"celsius"' } },
    { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: ':21}' } },
    { type: 'content_block_stop', index: 1 },
    { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 8 } },
    { type: 'message_stop' },
  ],
} as const satisfies Record<string, JsonValue>;
