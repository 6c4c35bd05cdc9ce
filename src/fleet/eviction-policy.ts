/** Reads Valkey's eviction policy after each connect, and logs the data loss that it allows. */
import type { Logger } from '../observability/logger.ts';
import type { Valkey } from './valkey.ts';

const EVICTS_CLAIMS = 'Valkey may evict idempotency keys: a start that is sent again may start a second run';
const EVICTS_NOTHING =
  'Valkey evicts nothing: once it is full, nothing new is shared, and starts with an idempotency key are refused';

export function watchEvictionPolicy(valkey: Pick<Valkey, 'run' | 'onUp'>, logger: Logger): void {
  let logged: string | null = null;
  async function check(): Promise<void> {
    const memory = await valkey.run('INFO', (redis) => redis.info('memory'));
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory ?? '')?.[1];
    if (memory === undefined || policy === undefined) return;
    const loss = lossUnder(policy, /^maxmemory:0\s/m.test(memory));
    if (loss !== null && loss !== logged) logger.warn({ policy }, `${loss}. Set maxmemory-policy volatile-lru`);
    logged = loss;
  }
  void check();
  valkey.onUp(() => void check());
}

function lossUnder(policy: string, isUnbounded: boolean): string | null {
  if (policy.startsWith('allkeys-')) return EVICTS_CLAIMS;
  return policy === 'noeviction' && !isUnbounded ? EVICTS_NOTHING : null;
}
