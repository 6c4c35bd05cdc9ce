/** An embedder's upstream: functions in this process, within the time and size limits of an HTTP response. */
import type { Config } from '../../config/config.ts';
import type { Logger } from '../../observability/logger.ts';
import { AbandonedError, GatewayError } from '../errors.ts';
import { UpstreamError, type Upstream } from '../port.ts';
import { timedOut, tooLarge } from './incoming-answer.ts';
import { ownCopy } from '../../runtime/own-bytes.ts';
import { fieldProblemsOf } from '../wire/refusals.ts';
import { statusError } from './status-errors.ts';
import { isAction, type Transport, type TransportCall } from './transport.ts';

export function createPortTransport(upstream: Upstream, config: Config, logger: Logger): Transport {
  const { upstreamTimeoutMs: timeoutMs, upstreamMaxResponseBytes: maxResponseBytes } = config;

  /** Waits for the function no longer than for an HTTP response, whatever it does with its signal. */
  async function ask({ ask, credential, requestId, signal }: TransportCall): Promise<unknown> {
    if (signal.aborted) throw new AbandonedError();
    const call = new AbortController();
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const end = (error: Error) => {
      reject(error);
      call.abort(error);
    };
    const abandon = () => {
      end(new AbandonedError());
    };
    const timer = setTimeout(() => {
      end(timedOut(timeoutMs));
    }, timeoutMs);
    signal.addEventListener('abort', abandon);
    try {
      return await Promise.race([Promise.try(ask, upstream, { credential, requestId, signal: call.signal }), ended]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abandon);
    }
  }

  function written(value: unknown, requestId: string): Buffer {
    try {
      // The result is undefined for a function and the like.
      return Buffer.from((JSON.stringify(value) as string | undefined) ?? '');
    } catch (err) {
      logger.warn({ err, requestId }, 'a result of the upstream option cannot be serialized as JSON');
      throw new GatewayError('UPSTREAM_CONTRACT_VIOLATION', "The upstream's response cannot be serialized as JSON.");
    }
  }

  function toGatewayError(error: unknown, { requestId, post }: TransportCall): Error {
    if (error instanceof GatewayError || error instanceof AbandonedError) return error;
    if (error instanceof UpstreamError) {
      const { status, retryAfterSeconds } = error;
      const fields = fieldProblemsOf(error.fields);
      return statusError(status, { retryAfterSeconds, isAction: isAction(post), fields });
    }
    // Another attempt would fail as well. The error is masked, and logged by the operation.
    if (error instanceof Error && isDefect(error)) return error;
    logger.warn({ err: error, requestId }, 'the upstream option failed');
    return new GatewayError('UPSTREAM_UNAVAILABLE', 'The upstream failed.');
  }

  return {
    urlOf: () => null,
    async send(call) {
      const answer = await ask(call).catch((error: unknown) => {
        throw toGatewayError(error, call);
      });
      const bytes = answer instanceof Uint8Array ? answer : written(answer, call.requestId);
      if (bytes.length > maxResponseBytes) throw tooLarge(maxResponseBytes);
      return ownCopy(bytes);
    },
    close: () => undefined,
  };
}

const DEFECTS: ReadonlySet<string> = new Set(['TypeError', 'ReferenceError', 'RangeError', 'URIError']);

/** Whether it is a bug in the function. `fetch` reports a failed connection as a TypeError with a cause. */
const isDefect = ({ name, cause }: Error): boolean => DEFECTS.has(name) && cause === undefined;
