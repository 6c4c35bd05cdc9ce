/** One response of server-sent events. A message is sent when the one before it has left the process. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { LiveEvent } from '../graphql/live-event.ts';
import type { KeepAlive } from './keep-alive.ts';

export interface EventStream {
  /** Resolves when the client's connection has taken it, or is gone. */
  next(event: LiveEvent): Promise<void>;
  /** Says that nothing follows, and closes. */
  complete(): void;
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Asks a proxy to pass on each event at once.
  'x-accel-buffering': 'no',
};
const COMMENT = ':\n\n';

/** Events are shared by those who read the same, and so is their text. */
const texts = new WeakMap<LiveEvent, string>();

export function createEventStream(
  response: ServerResponse,
  headers: OutgoingHttpHeaders,
  keepAlive: KeepAlive,
): EventStream {
  response.writeHead(200, { ...headers, ...HEADERS });
  // Some browsers take no notice of the head alone.
  response.write(COMMENT);
  const kept = keepAlive.add({
    ping() {
      if (response.writableLength === 0) response.write(COMMENT, kept.heard);
    },
    cut() {
      response.destroy();
    },
  });
  let release = (): void => undefined;
  const taken = () => {
    kept.heard();
    release();
  };
  response.once('close', () => {
    kept.remove();
    release();
  });

  return {
    next: (event) =>
      new Promise((resolve) => {
        release = resolve;
        if (!response.writable) resolve();
        else response.write(textOf(event), taken);
      }),
    complete() {
      // EventSource tells of no event whose data is left out.
      response.end('event: complete\ndata:\n\n');
    },
  };
}

function textOf(event: LiveEvent): string {
  let text = texts.get(event);
  if (text === undefined) {
    text = `event: next\ndata: ${JSON.stringify(event)}\n\n`;
    texts.set(event, text);
  }
  return text;
}
