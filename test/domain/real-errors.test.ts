import { describe, expect, it } from '@jest/globals';
import { failureGroups, failureOf } from '../../src/domain/run/failure-groups.ts';
import { at, ran, runOf, runRecord } from './facts.ts';

interface RealError {
  readonly from: string;
  /** The same failure in two runs. */
  readonly messages: readonly [string, string];
  readonly masked: string;
}

/** Messages as vendors, languages, databases and clients write them. */
const ERRORS: readonly RealError[] = [
  {
    from: 'OpenAI',
    messages: [
      'Rate limit reached for gpt-4o in organization org-aBcD1234EfGh5678IjKl9012 on tokens per min (TPM): Limit 30000, Used 29512, Requested 1043. Please try again in 1.11s. Visit https://platform.openai.com/account/rate-limits to learn more.',
      'Rate limit reached for gpt-4o in organization org-zYxW9876VuTs5432RqPo1098 on tokens per min (TPM): Limit 30000, Used 30000, Requested 12873. Please try again in 6m0s. Visit https://platform.openai.com/account/rate-limits to learn more.',
    ],
    masked:
      'Rate limit reached for gpt-4o in organization org-<id> on tokens per min (TPM): Limit <number>, Used <number>, Requested <number>. Please try again in <duration>. Visit https://platform.openai.com/account/rate-limits to learn more.',
  },
  {
    from: 'OpenAI',
    messages: [
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130421 tokens. Please reduce the length of the messages.",
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 201077 tokens. Please reduce the length of the messages.",
    ],
    masked:
      "This model's maximum context length is <number> tokens. However, your messages resulted in <number> tokens. Please reduce the length of the messages.",
  },
  {
    from: 'OpenAI',
    messages: [
      'The server had an error while processing your request. Please contact us through our help center at help.openai.com if you keep seeing this error. (Please include the request ID req_8b1a9953c4611296a827abf8c47804d7 in your email.)',
      'The server had an error while processing your request. Please contact us through our help center at help.openai.com if you keep seeing this error. (Please include the request ID req_49f68a5c8493ec2c0bf489821c21fc3b in your email.)',
    ],
    masked:
      'The server had an error while processing your request. Please contact us through our help center at help.openai.com if you keep seeing this error. (Please include the request ID req_<id> in your email.)',
  },
  {
    from: 'OpenAI',
    messages: [
      'The model `gpt-4-0613` does not exist or you do not have access to it.',
      'The model `gpt-4-0613` does not exist or you do not have access to it.',
    ],
    masked: 'The model `gpt-4-0613` does not exist or you do not have access to it.',
  },
  {
    from: 'Anthropic',
    messages: [
      "Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}, 'request_id': 'req_011CSHoEeqs5C35K2UUqR7Fy'}",
      "Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}, 'request_id': 'req_018EeWyXxfu5pfWkrYcMdjWG'}",
    ],
    masked:
      "Error code: 529 - {'type': 'error', 'error': {'type': 'overloaded_error', 'message': 'Overloaded'}, 'request_id': 'req_<id>'}",
  },
  {
    from: 'Anthropic',
    messages: [
      'prompt is too long: 210431 tokens > 200000 maximum',
      'prompt is too long: 1204873 tokens > 200000 maximum',
    ],
    masked: 'prompt is too long: <number> tokens > <number> maximum',
  },
  {
    from: 'Anthropic',
    messages: [
      'messages.12.content.0.tool_use_id: unexpected `tool_use_id` found in `tool_result` blocks: toolu_01A09q90qw90lq917835lq9. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
      'messages.12.content.0.tool_use_id: unexpected `tool_use_id` found in `tool_result` blocks: toolu_01D7FLrfh4GYq7yT1ULFeyMV. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
    ],
    masked:
      'messages.12.content.0.tool_use_id: unexpected `tool_use_id` found in `tool_result` blocks: toolu_<id>. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
  },
  {
    from: 'Python',
    messages: ["KeyError: 'customer'", "KeyError: 'customer'"],
    masked: "KeyError: 'customer'",
  },
  {
    from: 'Python',
    messages: [
      'Traceback (most recent call last):\n  File "/srv/app.py", line 12, in run\n    main()\nTypeError: expected str, got <Order object at 0x7f3a2c1d5e80>',
      'Traceback (most recent call last):\n  File "/srv/app.py", line 48, in retry\n    main()\nTypeError: expected str, got <Order object at 0x7f91bb04aa10>',
    ],
    masked: 'TypeError: expected str, got <Order object at <id>>',
  },
  {
    from: 'Python requests',
    messages: [
      "HTTPSConnectionPool(host='api.stripe.com', port=443): Max retries exceeded with url: /v1/charges/ch_3MqLiJLkdIwHu7ix0/refunds?limit=10 (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7f3a2c1d5e80>, 'Connection to api.stripe.com timed out. (connect timeout=10.5)'))",
      "HTTPSConnectionPool(host='api.stripe.com', port=443): Max retries exceeded with url: /v1/charges/ch_1GpxQa2eZvKYlo2C8/refunds?limit=25 (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at 0x7fe04dd0c2b0>, 'Connection to api.stripe.com timed out. (connect timeout=10.5)'))",
    ],
    masked:
      "HTTPSConnectionPool(host='api.stripe.com', port=<port>): Max retries exceeded with url: /v1/charges/ch_<id>/refunds?limit=<id> (Caused by ConnectTimeoutError(<urllib3.connection.HTTPSConnection object at <id>>, 'Connection to api.stripe.com timed out. (connect timeout=<number>)'))",
  },
  {
    from: 'Python',
    messages: ["ModuleNotFoundError: No module named 'yaml'", "ModuleNotFoundError: No module named 'yaml'"],
    masked: "ModuleNotFoundError: No module named 'yaml'",
  },
  {
    from: 'Node',
    messages: ['connect ECONNREFUSED 127.0.0.1:5432', 'connect ECONNREFUSED 10.20.4.11:5433'],
    masked: 'connect ECONNREFUSED <ip>:<port>',
  },
  {
    from: 'Node',
    messages: ['getaddrinfo ENOTFOUND db-7.internal.example.com', 'getaddrinfo ENOTFOUND db-7.internal.example.com'],
    masked: 'getaddrinfo ENOTFOUND db-7.internal.example.com',
  },
  {
    from: 'Node',
    messages: [
      "Cannot read properties of undefined (reading 'choices')",
      "Cannot read properties of undefined (reading 'choices')",
    ],
    masked: "Cannot read properties of undefined (reading 'choices')",
  },
  {
    from: 'Postgres',
    messages: [
      'duplicate key value violates unique constraint "users_email_key"\nDETAIL:  Key (email)=(ada@example.com) already exists.',
      'duplicate key value violates unique constraint "users_email_key"\nDETAIL:  Key (email)=(grace.h@mail.example.org) already exists.',
    ],
    masked:
      'duplicate key value violates unique constraint "users_email_key" DETAIL: Key (email)=(<email>) already exists.',
  },
  {
    from: 'Postgres',
    messages: [
      'deadlock detected\nDETAIL:  Process 12345 waits for ShareLock on transaction 9876543; blocked by process 54321.',
      'deadlock detected\nDETAIL:  Process 20118 waits for ShareLock on transaction 9876990; blocked by process 20120.',
    ],
    masked:
      'deadlock detected DETAIL: Process <number> waits for ShareLock on transaction <number>; blocked by process <number>.',
  },
  {
    from: 'Postgres',
    messages: ['canceling statement due to statement timeout', 'canceling statement due to statement timeout'],
    masked: 'canceling statement due to statement timeout',
  },
  {
    from: 'fetch',
    messages: [
      'HTTP 429 Too Many Requests: GET https://api.example.com/v2/users/42/orders/550e8400-e29b-41d4-a716-446655440000?page=3',
      'HTTP 429 Too Many Requests: GET https://api.example.com/v2/users/7/orders/6ba7b810-9dad-11d1-80b4-00c04fd430c8?page=12',
    ],
    masked: 'HTTP 429 Too Many Requests: GET https://api.example.com/v2/users/<id>/orders/<id>?page=<id>',
  },
  {
    from: 'axios',
    messages: ['timeout of 30000ms exceeded', 'timeout of 5000ms exceeded'],
    masked: 'timeout of <duration> exceeded',
  },
  {
    from: 'nginx',
    messages: [
      '2026/11/25 18:04:34 [error] 31#31: *10284 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 10.0.3.7, server: api.example.com',
      '2026/11/26 02:11:09 [error] 31#31: *77120 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 10.0.9.41, server: api.example.com',
    ],
    masked:
      '<time> [error] 31#31: *<number> upstream timed out (110: Connection timed out) while reading response header from upstream, client: <ip>, server: api.example.com',
  },
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
  it.each(ERRORS.map((error) => [error.from, error] as const))(
    'The error of %s: one group for two runs',
    (_, error) => {
      const groups = failureGroups('wf', error.messages.map(failureWith));
      expect(groups).toMatchObject([{ count: 2, message: error.masked, latestMessage: error.messages[1] }]);
    },
  );

  it('Twenty errors are as many groups, and failures that only look like one of them are others', () => {
    expect(ERRORS).toHaveLength(20);
    const messages = [...ERRORS.flatMap(({ messages: [first] }) => first), ...OTHERS];
    const groups = failureGroups('wf', messages.map(failureWith));
    expect(groups.map(({ count }) => count)).toEqual(messages.map(() => 1));
  });
});
