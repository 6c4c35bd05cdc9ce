/** A path that a proxy in front may have left on: every route is found below it, too. */
import type { IncomingMessage } from 'node:http';

/** Takes it off the request. An empty one is none. */
export type TakeBasePath = (request: IncomingMessage) => void;

export function createBasePath(basePath: string): TakeBasePath {
  return (request) => {
    const { url = '' } = request;
    if (basePath === '' || !url.startsWith(basePath)) return;
    const rest = url.slice(basePath.length);
    if (rest === '' || rest.startsWith('?')) request.url = `/${rest}`;
    else if (rest.startsWith('/')) request.url = rest;
  };
}
