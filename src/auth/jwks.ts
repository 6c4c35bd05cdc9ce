/** Reads a JSON Web Key Set from a file or a URL. */
import { readFile } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';

const TIMEOUT_MS = 5000;
const MAX_BYTES = 1_048_576;

const KEY_SET = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) });

/** Rejects with a sentence that says what is wrong, and never quotes the content. */
export async function readJwks(source: string, isFile: boolean): Promise<JSONWebKeySet> {
  const text = isFile ? await readText(source) : await fetchText(source);
  const parsed = KEY_SET.safeParse(parse(text));
  if (!parsed.success)
    throw new Error('AUTH_JWKS: expected a JSON Web Key Set ({"keys": […]}) with a key in it; got none');
  // Symmetric keys are never accepted, whatever the algorithms say.
  return { keys: parsed.data.keys.filter(({ kty }) => kty !== 'oct') };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`AUTH_JWKS: expected an http or https URL or a file that can be read; reading it gave ${code}`);
  }
}

/** Redirects are not followed: an open redirect on the issuer's server could point to other keys. */
async function fetchText(url: string): Promise<string> {
  const response = await fetch(url, {
    headers: { accept: 'application/jwk-set+json, application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch(failed);
  if (!response.ok || !response.body) throw new Error(`AUTH_JWKS: expected HTTP 200; got ${response.status}`);
  return readBody(response.body as AsyncIterable<Uint8Array>).catch(failed);
}

/** ENOTFOUND, TimeoutError. The message of such an error may hold the URL. */
function failed(error: Error & { readonly cause?: { readonly code?: string } }): never {
  if (error.message.startsWith('AUTH_JWKS: ')) throw error;
  throw new Error(`AUTH_JWKS: expected an answer; got ${error.cause?.code ?? error.name}`);
}

async function readBody(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`AUTH_JWKS: expected at most ${MAX_BYTES} bytes; more came`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
