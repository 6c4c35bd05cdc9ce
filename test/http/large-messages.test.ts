import { beforeEach, describe, expect, it } from '@jest/globals';
import { createLargeMessages, type LargeMessages } from '../../src/http/live/large-messages.ts';

const SMALL = { data: { text: 'x' } };
const LARGE = { data: { text: 'é'.repeat(2 ** 20) } };

describe('the messages of a socket', () => {
  let messages: LargeMessages;
  beforeEach(() => {
    messages = createLargeMessages();
  });

  /** As graphql-ws writes it. */
  const textOf = (id: string, payload: object) => JSON.stringify({ id, type: 'next', payload });
  const written = async (id: string, result: object) => textOf(id, await messages.payloadOf(id, result));

  it('are sent as graphql-ws writes them where they are small', async () => {
    expect(await messages.payloadOf('a', SMALL)).toBe(SMALL);
    const text = textOf('a', SMALL);
    expect(messages.take(text)).toBe(text);
    await messages.payloadOf('a', LARGE);
    expect(messages.take(text)).toBe(text);
  });

  it.each(['a', 'with "quotes" and é'])(
    'are sent in place of their placeholders where they are large: %s',
    async (id) => {
      const others = [{ data: { text: 'y'.repeat(2 ** 20) } }, { ...LARGE, extensions: {} }];
      const texts = [await written(id, LARGE)];
      for (const other of others) texts.push(await written(id, other));
      expect(texts.join('').length).toBeLessThan(1000);
      const sent = texts.map((text) => messages.take(text));
      expect(sent.map((message) => Buffer.isBuffer(message) && message.toString())).toEqual(
        [LARGE, ...others].map((result) => textOf(id, result)),
      );
    },
  );

  it('are kept until they are sent, and no longer', async () => {
    const [text, other] = [await written('a', LARGE), await written('b', LARGE)];
    messages.take(text);
    expect(messages.take(text)).toBe(text);
    expect(messages.take(other)).toBeInstanceOf(Buffer);
    expect(messages.take(text)).toBe(text);
  });
});
