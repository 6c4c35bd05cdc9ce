/**
 * The proofs of the shared tier in full length, with real processes and a real Valkey: `node tools/soak/shared-tier.ts [seed]
 * [attempts]`. It takes some ten minutes.
 */
import { startProofFleet } from '../../test/support/fleet-proofs/proof-fleet.ts';
import {
  faultsOf,
  proveFault,
  proveOneCall,
  proveSeparation,
  proveWithdrawal,
  readableIn,
  type Failures,
} from '../../test/support/fleet-proofs/proofs.ts';

const [seed = String(Date.now() % 2 ** 31), attempts = '100000'] = process.argv.slice(2);
const RUNS = 300;
const FAULT_MS = 10_000;
const KEYS = 20;

const say = (line: string) => void process.stdout.write(`${line}\n`);
function check(isRight: boolean, what: string, failures: Failures = []): void {
  say(`${isRight ? 'ok    ' : 'FAILED'} ${what}`);
  for (const failure of failures.slice(0, 10)) say(`         ${failure}`);
  if (!isRight) process.exitCode = 1;
}

say(`seed ${seed}, ${attempts} attempts`);

// On a busy machine Valkey is late at times, which causes more calls, and calls are counted here.
const patient = await startProofFleet(3, { REDIS_TIMEOUT_MS: '1000' });
try {
  const { steps, stepsAfterRestarts, answers, failures } = await proveOneCall(
    patient,
    RUNS,
    Number(attempts) / 10,
    Number(seed),
  );
  const isOneCall = steps === RUNS && stepsAfterRestarts === 0 && failures.length === 0;
  check(isOneCall, `${answers} answers: ${steps} + ${stepsAfterRestarts} calls for steps of ${RUNS} runs`, failures);
} finally {
  await patient.close();
}

const fleet = await startProofFleet(3);
try {
  const quiet = { name: 'quiet', begin: () => undefined, end: () => undefined };
  for (const fault of [quiet, ...faultsOf(fleet)]) {
    const found = await proveFault(fleet, fault, FAULT_MS);
    const { slowestMs, backAfterMs } = found;
    const figures = `slowest ${slowestMs.toFixed(0)} ms, shared again after ${backAfterMs} ms`;
    const isRight = found.failures.length === 0 && backAfterMs < 5000;
    check(isRight, `Valkey ${fault.name}: ${found.answers} answers, ${figures}`, found.failures);
  }

  const seen = await proveSeparation(fleet, Number(attempts), Number(seed));
  check(seen.length === 0, `${attempts} attempts of two viewers to read each other's data`, seen);
  const words = ['key-1', 'key-one', 'key-two', 'shared-', 'live-', 'run-1', 'output', 'completed', 'org-1', 'model_1'];
  const readable = await readableIn(fleet, words);
  check(readable.length === 0, `${await fleet.valkey.client.dbsize()} values in Valkey cannot be read`, readable);

  let longestMs = 0;
  for (let index = 0; index < KEYS; index += 1) {
    longestMs = Math.max(longestMs, await proveWithdrawal(fleet, `key-${index}-withdrawn`));
  }
  check(longestMs < 1000, `${KEYS} keys withdrawn: refused at all gateways within ${longestMs} ms`);
} finally {
  await fleet.close();
}
