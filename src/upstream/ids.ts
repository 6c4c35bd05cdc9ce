/** Ids go into upstream paths, so they are checked first: `../..` must not reach another endpoint. */
import { GatewayError } from './errors.ts';

const ID = /^[A-Za-z0-9._~-]{1,128}$/;

/** Returns the id, or throws BAD_USER_INPUT. `what` names it in the message, as in `run id`. */
export function checkId(what: string, id: string): string {
  if (ID.test(id) && id !== '.' && id !== '..') return id;
  throw new GatewayError(
    'BAD_USER_INPUT',
    `${what}: expected 1 to 128 of the characters A-Z a-z 0-9 . _ ~ - (and not "." or ".." alone), got ${describe(id)}`,
  );
}

const describe = (id: string): string =>
  id.length > 128 ? `${id.length} characters` : id === '' ? 'an empty text' : JSON.stringify(id);
