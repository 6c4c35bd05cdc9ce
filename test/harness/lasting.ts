/** Gateways, upstreams and other servers of the tests of a block: opened before and closed after each test, or all tests. */
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';

interface Openable {
  open(): Promise<unknown>;
  close(): Promise<unknown>;
}

export function perTest<T extends Openable>(it: T): T {
  beforeEach(() => it.open());
  afterEach(() => it.close());
  return it;
}

export function perBlock<T extends Openable>(it: T): T {
  beforeAll(() => it.open());
  afterAll(() => it.close());
  return it;
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
