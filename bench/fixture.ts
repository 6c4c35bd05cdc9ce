/** The fixture for the bench: started on the second core, controlled over HTTP. */
import { fileURLToPath } from 'node:url';
import type { FixtureCalls, FixtureSettings } from './fixture-upstream.ts';
import { send } from './http.ts';
import { start, urlOf } from './processes.ts';

export interface Fixture {
  readonly url: string;
  set(settings: Partial<FixtureSettings>): Promise<void>;
  /** Sets the counts to 0. */
  reset(): Promise<void>;
  calls(): Promise<FixtureCalls>;
}

const PROGRAM = fileURLToPath(new URL('fixture-upstream.ts', import.meta.url));

export async function startFixture(): Promise<Fixture> {
  const url = await urlOf(start([process.execPath, PROGRAM], { core: 1 }), 'the fixture');
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const { text } = await send(`${url}${path}`, body ? { body: JSON.stringify(body) } : {});
    return JSON.parse(text);
  };
  return {
    url,
    async set(settings) {
      await ask('/__settings', settings);
    },
    async reset() {
      await ask('/__reset', {});
    },
    calls: async () => (await ask('/__calls')) as FixtureCalls,
  };
}
