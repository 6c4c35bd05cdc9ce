/** The reason of a rejected promise. */
import { inspect } from 'node:util';
import { GatewayError } from '../../src/upstream/errors.ts';

/** Throws if the promise is fulfilled. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (reason: unknown) => ({ reason }),
  );
  if ('reason' in outcome) return outcome.reason;
  throw new Error(`expected a rejection, got ${inspect(outcome.value)}`);
}

/** Throws if the promise is fulfilled, or rejects with another error than a GatewayError. */
export async function gatewayErrorOf(promise: Promise<unknown>): Promise<GatewayError> {
  const reason = await rejectionOf(promise);
  if (reason instanceof GatewayError) return reason;
  throw new Error(`expected a GatewayError, got ${inspect(reason)}`);
}
