/** Base path: a prefix that a proxy in front may not have removed. Every route is also served below it. */
import type { IncomingMessage } from 'node:http';

/** Removes the prefix from the request's URL. */
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
