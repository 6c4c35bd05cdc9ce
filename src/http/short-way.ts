/**
 * The short way to an answer that is ready, or that a known operation makes: before Fastify is asked, whose routing, hooks
 * and parsing take several times as long. Whatever is neither goes on to Fastify as if nothing had happened.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { allowanceOf, type Admission } from './admission.ts';
import type { Observer } from '../observability/observer.ts';
import type { Callers } from './callers.ts';
import type { AnswersTo } from './head-answers.ts';
import { askedBy, type Asked, type KnownAnswers } from './known-answers.ts';
import type { KnownHeads } from './known-heads.ts';
import { readyResponse, send } from './ready-response.ts';
import { GRAPHQL_PATH, requestIdOf, requestKey } from './request.ts';
import { MAX_REQUEST_LENGTH, type ReadyAnswer, type ResponseCache } from './response-cache.ts';

const READ_BODY = Symbol('the body that was read already');

/** On the request itself: a map beside it would cost more than reading the body does. */
export interface RequestWithBody extends IncomingMessage {
  [READ_BODY]?: string;
}

/** The body that was read on the short way, for whoever would read it again. */
export const readBodyOf = (request: RequestWithBody): string | undefined => request[READ_BODY];

export interface ShortWay {
  /** Answers, or calls `next`: at once, or when it is known that Fastify must answer. */
  handle(request: RequestWithBody, response: ServerResponse, next: () => void): void;
}

export interface ShortWayOptions {
  readonly responses: ResponseCache;
  readonly knownAnswers: Pick<KnownAnswers, 'answer'>;
  readonly callers: Callers;
  readonly admission: Pick<Admission, 'admit'>;
  readonly knownHeads: Pick<KnownHeads, 'learn'>;
  readonly answersTo: AnswersTo;
  readonly isReady: () => boolean;
  /** Whether answers to other origins have headers of their own, which Fastify knows. */
  readonly hasCors: boolean;
  readonly observer: Pick<Observer, 'readyAnswer'>;
}

export function createShortWay(options: ShortWayOptions): ShortWay {
  const { responses, knownAnswers, callers, admission, knownHeads, answersTo, isReady, hasCors, observer } = options;

  /** Answers if it can. */
  function tryAnswer(exchange: Exchange, next: () => void): void {
    const { place, caller } = exchange;
    const ready = responses.find(place, caller.untilMs);
    const revalidation = ready ? null : responses.revalidation(place);
    if (ready) sendReady(exchange, ready);
    else if (revalidation) {
      void revalidation.then(() => {
        const renewed = responses.find(place, caller.untilMs);
        if (renewed) sendReady(exchange, renewed);
        else execute(exchange, next);
      });
    } else execute(exchange, next);
  }

  function sendReady(exchange: Exchange, ready: ReadyAnswer): void {
    observer.readyAnswer(exchange.requestId, exchange.place.viewer.id);
    sendAnswer(exchange, ready);
  }

  function sendAnswer({ request, response, requestId, place, caller }: Exchange, ready: ReadyAnswer): void {
    const { 'if-none-match': ifNoneMatch, 'x-request-id': givenId, traceparent } = request.headers;
    // Whoever names each request never sends the same head again.
    if (givenId === undefined && traceparent === undefined) {
      knownHeads.learn(request, () => answersTo(request, caller, place.viewer));
    }
    send(response, readyResponse(ready, { requestId, ifNoneMatch, allowance: allowanceOf(request) }), !isReady());
  }

  function execute(exchange: Exchange, next: () => void): void {
    const finish = (answer: ReadyAnswer | null) => {
      if (answer) sendAnswer(exchange, answer);
      else next();
    };
    try {
      const { request, response } = exchange;
      const answer = knownAnswers.answer({ ...exchange, ...askedBy(request, response) });
      // What goes wrong unforeseen goes wrong again on the long way, which reports it.
      if (answer instanceof Promise) answer.then(finish, next);
      else finish(answer);
    } catch {
      next();
    }
  }

  return {
    handle(request, response, next) {
      const caller = mayBeShort(request, hasCors) ? callers.known(request) : null;
      // A refusal is Fastify's to tell.
      if (!caller?.viewer || admission.admit(request, caller.viewer)?.isAllowed === false) {
        next();
        return;
      }
      const { viewer } = caller;
      const ask = (body: string) => {
        const place = responses.placeOf(viewer, requestKey(request, body));
        tryAnswer({ request, response, requestId: requestIdOf(request), place, caller, body }, next);
      };
      if (request.method === 'GET') ask('');
      else {
        readWhole(request, (body) => {
          request[READ_BODY] = body;
          ask(body);
        });
      }
    },
  };
}

/** A request that is asked and answered on the short way. */
interface Exchange extends Pick<Asked, 'requestId' | 'place' | 'caller' | 'body'> {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** CORS is Fastify's to answer, and a body that is long, or of a length that is not told, is seldom sent twice. */
function mayBeShort({ method, url = '', headers }: IncomingMessage, hasCors: boolean): boolean {
  const { authorization, origin, 'content-length': length = '' } = headers;
  if (authorization === undefined || (hasCors && origin !== undefined)) return false;
  if (url !== GRAPHQL_PATH && !url.startsWith(`${GRAPHQL_PATH}?`)) return false;
  return method === 'GET' || (method === 'POST' && Number(length) > 0 && Number(length) <= MAX_REQUEST_LENGTH);
}

/** Node reads no more of it than its `content-length` says. A client that goes away meanwhile is answered nothing. */
function readWhole(request: IncomingMessage, done: (body: string) => void): void {
  const length = Number(request.headers['content-length']);
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    // The end is an event of its own, some ticks later.
    if (size === length) done((chunks.length === 1 ? chunk : Buffer.concat(chunks)).toString());
  });
}
