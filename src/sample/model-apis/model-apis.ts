/** The APIs that a model node may use. */
import type { ModelNode } from '../definition.ts';
import { chat } from './chat.ts';
import { messages } from './messages.ts';
import type { ModelApi } from './model-call.ts';
import { responses } from './responses.ts';

const APIS: Readonly<Record<NonNullable<ModelNode['api']>, ModelApi>> = { chat, messages, responses };

export const apiOf = ({ api = 'chat' }: ModelNode): ModelApi => APIS[api];
