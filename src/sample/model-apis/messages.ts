/** Anthropic messages: content blocks, `system` next to the messages, and cached tokens next to the input. */
import type { Json } from '../definition.ts';
import { createRandom } from '../random.ts';
import type { ModelApi, ModelCall } from './model-call.ts';

function turns({ node: { tool }, question, runInputs }: ModelCall): readonly Json[] {
  const user = { role: 'user', content: [{ type: 'text', text: question }] };
  if (!tool) return [user];
  const id = `toolu_${createRandom(tool.name, question).uuid().replaceAll('-', '')}`;
  return [
    user,
    { role: 'assistant', content: [{ type: 'tool_use', id, name: tool.name, input: tool.arguments(runInputs) }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: tool.result }] },
  ];
}

export const messages: ModelApi = {
  textPath: 'content[0].text',
  asked: (call) => ({
    model: call.node.model,
    system: call.node.system,
    messages: turns(call),
    ...(call.node.tool && { tools: [{ name: call.node.tool.name, input_schema: { type: 'object' } }] }),
    temperature: call.node.temperature,
    max_tokens: call.node.maxTokens,
  }),
  answered: ({ node, text, isOfNoUse, id, inputTokens, cachedTokens, outputTokens }) => ({
    id: `msg_${id.slice(0, 24)}`,
    type: 'message',
    role: 'assistant',
    model: node.model,
    content: isOfNoUse ? [] : [{ type: 'text', text }],
    stop_reason: isOfNoUse ? 'refusal' : 'end_turn',
    stop_sequence: null,
    usage: {
      input_tokens: inputTokens - cachedTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: cachedTokens,
      output_tokens: outputTokens,
      service_tier: 'standard',
    },
  }),
};
