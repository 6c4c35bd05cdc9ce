/** OpenAI chat completions, the API of most services. */
import type { Json } from '../definition.ts';
import type { ModelApi } from './model-call.ts';

function contentOf(picture: string | undefined, question: string): Json {
  if (picture === undefined) return question;
  const image: Json = { type: 'image_url', image_url: { url: picture, detail: 'high' } };
  return [{ type: 'text', text: question }, image];
}

export const chat: ModelApi = {
  textPath: 'choices[0].message.content',
  asked: ({ node, question }) => ({
    model: node.model,
    messages: [
      { role: 'system', content: node.system },
      {
        role: 'user',
        content: contentOf(node.picture, question),
      },
    ],
    temperature: node.temperature,
    max_tokens: node.maxTokens,
    stream: false,
  }),
  answered: ({ node, text, isOfNoUse, id, createdSeconds, ...tokens }) => ({
    id: `chatcmpl-${id}`,
    object: 'chat.completion',
    created: createdSeconds,
    model: node.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: isOfNoUse ? text.slice(0, 21) : text, tool_calls: null },
        finish_reason: isOfNoUse ? 'length' : 'stop',
        logprobs: null,
      },
    ],
    usage: {
      prompt_tokens: tokens.inputTokens,
      completion_tokens: tokens.outputTokens,
      total_tokens: tokens.inputTokens + tokens.outputTokens,
      prompt_tokens_details: tokens.cachedTokens > 0 ? { cached_tokens: tokens.cachedTokens } : null,
      ...(node.reasons && { completion_tokens_details: { reasoning_tokens: tokens.reasoningTokens } }),
    },
    system_fingerprint: null,
    service_tier: 'default',
  }),
};
