/** A ticket's subject decides the answers of the models in `support-triage`, and whether an engineer is paged. */
import type { JsonObject } from '../definition.ts';

interface Topic {
  readonly subject: string;
  readonly area: string;
  readonly urgency: 'urgent' | 'normal';
  readonly mood: string;
  readonly reply: string;
}

const CHECKOUT: Topic = {
  subject: 'Checkout is down',
  area: 'checkout',
  urgency: 'urgent',
  mood: '-0.8',
  reply:
    'Thank you for writing. We see the failing checkouts too; an engineer is on it, and we will write again in an hour.',
};

const INVOICE: Topic = {
  subject: 'Where is my invoice?',
  area: 'billing',
  urgency: 'normal',
  mood: '-0.2',
  reply:
    'Thank you for writing. Your invoice is under Settings, Billing, Documents; I have also sent it to you by mail.',
};

const SIGN_IN: Topic = {
  subject: 'I cannot sign in',
  area: 'account',
  urgency: 'normal',
  mood: '-0.5',
  reply: 'Thank you for writing. The link to reset your password works for 30 minutes; here is a fresh one.',
};

export const TOPICS = [CHECKOUT, INVOICE, SIGN_IN] as const;

/** Any other subject counts as the last topic. */
export const topicOf = (inputs: JsonObject): Topic =>
  TOPICS.find(({ subject }) => subject === inputs.subject) ?? SIGN_IN;
