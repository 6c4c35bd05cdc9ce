/** Servers that each test, or all tests of a block, use: started before and closed after them. */
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';

interface Closable {
  close(): Promise<unknown>;
}

export type Lasting<T> = T & {
  /** Closes the current one; the tests use the new one from now on. */
  replace(start: () => Promise<T>): Promise<void>;
};

export const perTest = <T extends Closable>(start: () => Promise<T>): Lasting<T> =>
  lasting(start, beforeEach, afterEach);
export const perBlock = <T extends Closable>(start: () => Promise<T>): Lasting<T> =>
  lasting(start, beforeAll, afterAll);

type Hook = (task: () => Promise<void>) => void;

/** Stands for a value that exists only while tests run. */
function lasting<T extends Closable>(start: () => Promise<T>, before: Hook, after: Hook): Lasting<T> {
  let current: T;
  before(async () => {
    current = await start();
  });
  after(async () => {
    await current.close();
  });
  const replace = async (startOther: () => Promise<T>) => {
    await current.close();
    current = await startOther();
  };
  return new Proxy({ replace } as Lasting<T>, {
    get: (own, name) => Reflect.get(name === 'replace' ? own : current, name) as unknown,
    set: (_, name, value) => Reflect.set(current, name, value),
  });
}

/** Cuts the connections of all clients passed to it after each test. */
export function cutAfterTest<C extends { cut(): void }>(): (client: C) => C {
  const clients: C[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.cut();
  });
  return (client) => {
    clients.push(client);
    return client;
  };
}
