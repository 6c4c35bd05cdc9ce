/** Answers requests whose head is known, at once or not at all: with what is ready, or made of what is cached. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../auth/caller.ts';
import type { Observer } from '../observability/observer.ts';
import type { Viewer } from '../runs/viewer.ts';
import type { Admission } from './admission.ts';
import type { Callers } from './callers.ts';
import { signalOf } from './client-signal.ts';
import { contentTypeFor, type KnownAnswers } from './known-answers.ts';
import type { AnswerTo } from './known-head.ts';
import { headText, readyResponse } from './ready-response.ts';
import { requestKey } from './request.ts';
import { MAX_REQUEST_LENGTH, type Place, type ReadyAnswer, type ResponseCache } from './response-cache.ts';

export interface HeadAnswersOptions {
  readonly responses: ResponseCache;
  readonly knownAnswers: KnownAnswers;
  readonly callers: Callers;
  readonly admission: Admission;
  readonly isReady: () => boolean;
  /** For how long a connection stays open without a request. */
  readonly keepAliveSeconds: number;
  readonly observer: Pick<Observer, 'readyAnswer'>;
}

/** For the head of such a request, which is one of GraphQL that Fastify has nothing to say of. */
export type AnswersTo = (request: IncomingMessage, caller: Caller, viewer: Viewer) => AnswerTo;

/** A page polls a few queries. */
const MAX_PLACES = 4;

export function createHeadAnswers(options: HeadAnswersOptions): AnswersTo {
  const { responses, knownAnswers, callers, admission, isReady, keepAliveSeconds, observer } = options;

  /** The ready answer; null where there is none, or one more is not allowed. */
  function find(place: Place, caller: Caller, requestId: string) {
    const ready = responses.find(place, caller.untilMs);
    const allowance = ready && admission.admit({}, place.viewer);
    if (!ready || allowance?.isAllowed === false) return null;
    observer.readyAnswer(requestId, place.viewer.id);
    return { ready, allowance };
  }

  /** What is made of what is cached. With a rate limit none is, since nothing may be counted that is not answered. */
  function make(place: Place, caller: Caller, requestId: string, contentType: string, body: string) {
    if (admission.isLimited || responses.revalidation(place)) return null;
    const client = createMomentaryClient();
    const asked = { requestId, place, caller, body, contentType, traceparent: undefined, client };
    try {
      const ready: ReadyAnswer | null = knownAnswers.answerHeld(asked);
      return ready && { ready, allowance: null };
    } catch {
      // What goes wrong unforeseen goes wrong again on the long way, which reports it.
      return null;
    } finally {
      client.leave();
    }
  }

  return (request, caller, viewer) => {
    const { 'if-none-match': ifNoneMatch } = request.headers;
    const contentType = contentTypeFor(request);
    const keyStart = requestKey(request, '');
    const places: { readonly bytes: Buffer; readonly place: Place }[] = [];

    return (bytes) => {
      if (!isReady() || !callers.isKnown(caller) || bytes.length > MAX_REQUEST_LENGTH) return null;
      const requestId = randomUUID();
      const known = places.find((one) => one.bytes.equals(bytes));
      const body = known ? null : bytes.toString();
      const place = known?.place ?? responses.placeOf(viewer, `${keyStart}${body}`);
      const found = find(place, caller, requestId);
      if (found && !known) {
        if (places.length === MAX_PLACES) places.pop();
        places.unshift({ bytes: Buffer.from(bytes), place });
      }
      const answer = found ?? (contentType && make(place, caller, requestId, contentType, body ?? bytes.toString()));
      if (!answer) return null;
      const { ready, allowance } = answer;
      const response = readyResponse(ready, { requestId, ifNoneMatch, allowance });
      return { head: headText(response, keepAliveSeconds), body: response.body };
    };
  };
}

/** One that waits for nothing: what was begun for it in vain must not go on, nor begin later. */
function createMomentaryClient() {
  let hasLeft = false;
  let abortSignal: (() => void) | undefined;
  const signal = signalOf((abort) => {
    if (hasLeft) abort();
    else abortSignal = abort;
  });
  return {
    signal,
    isGone: () => false,
    leave() {
      hasLeft = true;
      abortSignal?.();
    },
  };
}
