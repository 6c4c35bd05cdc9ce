/** OpenAI responses: a list of items, reasoning among them. */
import type { Json } from '../definition.ts';
import type { ModelApi } from './model-call.ts';

function outputOf(id: string, text: string): readonly Json[] {
  const reasoning: Json = { type: 'reasoning', id: `rs_${id}`, summary: [] };
  const content: Json = [{ type: 'output_text', text, annotations: [] }];
  return [reasoning, { type: 'message', id: `msg_${id}`, role: 'assistant', status: 'completed', content }];
}

export const responses: ModelApi = {
  textPath: 'output[1].content[0].text',
  asked: ({ node, question }) => ({
    model: node.model,
    instructions: node.system,
    input: [{ role: 'user', content: [{ type: 'input_text', text: question }] }],
    max_output_tokens: node.maxTokens,
  }),
  answered: ({ node, text, isOfNoUse, id, createdSeconds, ...tokens }) => ({
    id: `resp_${id}`,
    object: 'response',
    created_at: createdSeconds,
    status: isOfNoUse ? 'incomplete' : 'completed',
    incomplete_details: isOfNoUse ? { reason: 'max_output_tokens' } : null,
    model: node.model,
    output: outputOf(id, text),
    usage: {
      input_tokens: tokens.inputTokens,
      input_tokens_details: { cached_tokens: tokens.cachedTokens },
      output_tokens: tokens.outputTokens,
      output_tokens_details: { reasoning_tokens: tokens.reasoningTokens },
      total_tokens: tokens.inputTokens + tokens.outputTokens,
    },
  }),
};
