/**
 * Calls of one gateway and of three for 20 live runs that change every 300 ms, at a TTL of 300 ms:
 * `node tools/soak/live-polls.ts [seconds]`.
 */
import { countPolls } from '../../test/support/fleet/live-polls.ts';

const [seconds = '20'] = process.argv.slice(2);
const MAX_RATIO = 1.1;
const plan = { runs: 20, ttlMs: 300, durationMs: Number(seconds) * 1000 };

const one = await countPolls({ ...plan, gateways: 1, changeMs: 300 });
const three = await countPolls({ ...plan, gateways: 3, changeMs: 300 });
const ratio = three.calls / one.calls;
for (const [name, { calls, leastStates, states }] of Object.entries({ one, three })) {
  process.stdout.write(`${name}: ${calls} calls; the slowest subscriber saw ${leastStates} of ${states} states\n`);
}
process.stdout.write(`ratio ${ratio.toFixed(2)}\n`);
if (!(ratio <= MAX_RATIO)) process.exitCode = 1;
