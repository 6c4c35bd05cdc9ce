import { describe, expect, it } from '@jest/globals';
import { failureGroups, failureOf } from '../../src/domain/workflow/failure-groups.ts';
import { at, ran, runOf, runRecord } from './facts.ts';

/** Messages as vendors, languages, databases and clients write them: the same failure in two runs, and its masked message. */
const ERRORS: readonly (readonly [from: string, one: string, other: string, masked: string])[] = [
  [
    'OpenAI',
    'Rate limit reached for gpt-4o in organization org-aBcD1234EfGh5678IjKl9012 on tokens per min (TPM): Limit 30000, Used 29512, Requested 1043. Please try again in 1.11s. Visit https://platform.openai.com/account/rate-limits to learn more.',
    'Rate limit reached for gpt-4o in organization org-zYxW9876VuTs5432RqPo1098 on tokens per min (TPM): Limit 30000, Used 30000, Requested 12873. Please try again in 6m0s. Visit https://platform.openai.com/account/rate-limits to learn more.',
    'Rate limit reached for gpt-4o in organization org-<id> on tokens per min (TPM): Limit <number>, Used <number>, Requested <number>. Please try again in <duration>. Visit https://platform.openai.com/account/rate-limits to learn more.',
  ],
  [
    'OpenAI',
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 130421 tokens. Please reduce the length of the messages.",
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 201077 tokens. Please reduce the length of the messages.",
    "This model's maximum context length is <number> tokens. However, your messages resulted in <number> tokens. Please reduce the length of the messages.",
  ],
  [
    'OpenAI',
    'The server had an error while processing your request. Please contact us through our help center at help.openai.com if you keep seeing this error. (Please include the request ID req_8b1a9953c4611296a827abf8c47804d7 in your email.)',
    'The server had an error while processing your request. Please contact us through our help center at help.openai.com if you keep seeing this error. (Please include the request ID req_49f68a5c8493ec2c0bf489821c21fc3b in your email.)',
    'The server had an error while processing your request. Please contact us through our help center at help.openai.com if you keep seeing this error. (Please include the request ID req_<id> in your email.)',
  ],
  [
    'Anthropic',
    "Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}, 'request_id': 'req_011CSHoEeqs5C35K2UUqR7Fy'}",
    "Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}, 'request_id': 'req_018EeWyXxfu5pfWkrYcMdjWG'}",
    "Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}, 'request_id': 'req_<id>'}",
  ],
  [
    'Anthropic',
    'prompt is too long: 210431 tokens > 200000 maximum',
    'prompt is too long: 1204873 tokens > 200000 maximum',
    'prompt is too long: <number> tokens > <number> maximum',
  ],
  [
    'Anthropic',
    'messages.12.content.0.tool_use_id: unexpected `tool_use_id` found in `tool_result` blocks: toolu_01A09q90qw90lq917835lq9. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
    'messages.12.content.0.tool_use_id: unexpected `tool_use_id` found in `tool_result` blocks: toolu_01D7FLrfh4GYq7yT1ULFeyMV. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
    'messages.12.content.0.tool_use_id: unexpected `tool_use_id` found in `tool_result` blocks: toolu_<id>. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
  ],
  [
    'Python',
    'Traceback (most recent call last):\n  File "/srv/app.py", line 12, in run\n    main()\nTypeError: expected str, got <Order object at 0x7f3a2c1d5e80>',
    'Traceback (most recent call last):\n  File "/srv/app.py", line 48, in retry\n    main()\nTypeError: expected str, got <Order object at 0x7f91bb04aa10>',
    'TypeError: expected str, got <Order object at <id>>',
  ],
  [
    'Python requests',
    "HTTPSConnectionPool(host='api.stripe.com', port=443): Max retries exceeded with url: /v1/charges/ch_3MqLiJLkdIwHu7ix0/refunds?limit=10 (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7f3a2c1d5e80>, 'Connection to api.stripe.com timed out. (connect timeout=10.5)'))",
    "HTTPSConnectionPool(host='api.stripe.com', port=443): Max retries exceeded with url: /v1/charges/ch_1GpxQa2eZvKYlo2C8/refunds?limit=25 (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7fe04dd0c2b0>, 'Connection to api.stripe.com timed out. (connect timeout=10.5)'))",
    "HTTPSConnectionPool(host='api.stripe.com', port=<port>): Max retries exceeded with url: /v1/charges/ch_<id>/refunds?limit=<id> (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at <id>>, 'Connection to api.stripe.com timed out. (connect timeout=<number>)'))",
  ],
  [
    'Node',
    'connect ECONNREFUSED 127.0.0.1:5432',
    'connect ECONNREFUSED 10.20.4.11:5433',
    'connect ECONNREFUSED <ip>:<port>',
  ],
  [
    'Postgres',
    'duplicate key value violates unique constraint "users_email_key"\nDETAIL:  Key (email)=(ada@example.com) already exists.',
    'duplicate key value violates unique constraint "users_email_key"\nDETAIL:  Key (email)=(grace.h@mail.example.org) already exists.',
    'duplicate key value violates unique constraint "users_email_key" DETAIL: Key (email)=(<email>) already exists.',
  ],
  [
    'Postgres',
    'deadlock detected\nDETAIL:  Process 12345 waits for ShareLock on transaction 9876543; blocked by process 54321.',
    'deadlock detected\nDETAIL:  Process 20118 waits for ShareLock on transaction 9876990; blocked by process 20120.',
    'deadlock detected DETAIL: Process <number> waits for ShareLock on transaction <number>; blocked by process <number>.',
  ],
  [
    'fetch',
    'HTTP 429 Too Many Requests: GET https://api.example.com/v2/users/42/orders/550e8400-e29b-41d4-a716-446655440000?page=3',
    'HTTP 429 Too Many Requests: GET https://api.example.com/v2/users/7/orders/6ba7b810-9dad-11d1-80b4-00c04fd430c8?page=12',
    'HTTP 429 Too Many Requests: GET https://api.example.com/v2/users/<id>/orders/<id>?page=<id>',
  ],
  ['axios', 'timeout of 30000ms exceeded', 'timeout of 5000ms exceeded', 'timeout of <duration> exceeded'],
  [
    'nginx',
    '2026/11/25 18:04:34 [error] 31#31: *10284 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 10.0.3.7, server: api.example.com',
    '2026/11/26 02:11:09 [error] 31#31: *77120 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 10.0.9.41, server: api.example.com',
    '<time> [error] 31#31: *<number> upstream timed out (110: Connection timed out) while reading response header from upstream, client: <ip>, server: api.example.com',
  ],
];

/** Without a part that varies. */
const KEPT = [
  'The model `gpt-4-0613` does not exist or you do not have access to it.',
  "KeyError: 'customer'",
  "ModuleNotFoundError: No module named 'yaml'",
  'getaddrinfo ENOTFOUND db-7.internal.example.com',
  "Cannot read properties of undefined (reading 'choices')",
  'canceling statement due to statement timeout',
];

/** Failures that look alike and are not. */
const OTHERS = [
  'HTTP 500 Too Many Requests: GET https://api.example.com/v2/users/42/orders/1?page=3',
  "KeyError: 'sku_v1'",
  "ModuleNotFoundError: No module named 'json5'",
  'The model `gpt-4-1106` does not exist or you do not have access to it.',
  'getaddrinfo ENOTFOUND db-8.internal.example.com',
  'connect ECONNRESET 127.0.0.1:5432',
  'duplicate key value violates unique constraint "orders_pkey"\nDETAIL:  Key (email)=(ada@example.com) already exists.',
];

const failureWith = (message: string, index: number) =>
  failureOf(
    runRecord({ id: `r${index}`, rawStatus: 'failed', startTime: at(index) }),
    runOf([ran('model', 0, 1, 'failed', { error: message })]),
  );

describe('twenty real errors', () => {
  it.each(ERRORS)('form one group for two runs: %s', (_, one, other, message) => {
    const groups = failureGroups('wf', [one, other].map(failureWith));
    expect(groups).toMatchObject([{ count: 2, message, latestMessage: other }]);
  });

  it('form twenty groups, telling similar failures apart', () => {
    const messages = [...ERRORS.map(([, one]) => one), ...KEPT, ...OTHERS];
    const groups = failureGroups('wf', messages.map(failureWith));
    expect(groups.map(({ count }) => count)).toEqual(messages.map(() => 1));
    expect(groups.map(({ message }) => message)).toEqual(expect.arrayContaining(KEPT));
  });
});
