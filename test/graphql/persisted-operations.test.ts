import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MAX_TEXT_LENGTH } from '../../src/graphql/operations/limits.ts';
import type { OperationParams } from '../../src/graphql/operations/operation.ts';
import {
  createPersistedOperations,
  type PersistedOperationsOptions,
} from '../../src/graphql/operations/persisted-operations.ts';

const LISTED = '{ workflow(id: "wf") { id } }';
const OTHER = '{ __typename }';
const OTHER_ID = hash('sha256', OTHER);
const hashed = (sha256Hash: unknown): OperationParams => ({ extensions: { persistedQuery: { sha256Hash } } });

/** What other gateways have registered, with the ids that were asked for. */
function createOthers(texts: Readonly<Record<string, string>> = {}) {
  const known = new Map(Object.entries(texts));
  const asked: string[] = [];
  return {
    known,
    asked,
    get(id: string) {
      asked.push(id);
      return Promise.resolve(known.get(id));
    },
    set: (id: string, text: string) => Promise.resolve(void known.set(id, text)),
  };
}

function create(options: Partial<PersistedOperationsOptions> = {}) {
  const manifests = new Map([['sha256:listed', LISTED]]);
  const operations = createPersistedOperations({ mode: 'allow', manifests, maxBytes: 10_000, ...options });
  /** The text and what it registers, or the code of the error. */
  const ask = async (params: OperationParams) => {
    try {
      const { text, registers } = await operations.resolve(params);
      return [text, registers];
    } catch (error) {
      return (error as { readonly extensions: { readonly code: string } }).extensions.code;
    }
  };
  const register = (text: string) => {
    operations.register({ text, registers: hash('sha256', text) });
  };
  /** Null where it is answered. */
  const refusal = async (params: OperationParams) => {
    const answer = await ask(params);
    return typeof answer === 'string' ? answer : null;
  };
  return { operations, ask, refusal, register };
}

describe('the operation of a request', () => {
  it('is that of its id, which may be written with sha256: or without', async () => {
    const { ask, register } = create();
    register(OTHER);
    for (const [id, text] of [
      ['listed', LISTED],
      [OTHER_ID, OTHER],
    ]) {
      for (const name of [id, `sha256:${id}`]) {
        for (const params of [{ documentId: name }, { id: name }, hashed(name), { query: '', documentId: name }]) {
          expect(await ask(params)).toEqual([text, null]);
        }
      }
    }
    expect(await ask({ documentId: 'listsha256:ed' })).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect(await ask({ documentId: 'other' })).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  it('is named by the hash of APQ before documentId, and by that before id', async () => {
    const { ask } = create();
    expect(await ask({ ...hashed('listed'), documentId: 'other', id: 'other' })).toEqual([LISTED, null]);
    expect(await ask({ documentId: 'listed', id: 'other' })).toEqual([LISTED, null]);
  });

  it.each<OperationParams>([
    {},
    { query: '', documentId: '' },
    { query: null, documentId: null, extensions: null },
    { extensions: { persistedQuery: null } },
    hashed(7),
  ])('is empty where none is named: %j', async (params) => {
    expect(await create().ask(params)).toEqual(['', null]);
  });

  it('is the text that was sent, whatever id of a document stands beside it', async () => {
    expect(await create().ask({ query: OTHER, documentId: 'other' })).toEqual([OTHER, null]);
  });

  it('is registered where its hash is sent with it, but not where it is known by that hash', async () => {
    const { ask, register } = create();
    expect(await ask({ query: OTHER, ...hashed(OTHER_ID) })).toEqual([OTHER, OTHER_ID]);
    expect(await ask(hashed(OTHER_ID))).toBe('PERSISTED_QUERY_NOT_FOUND');
    register(OTHER);
    expect(await ask({ query: OTHER, ...hashed(OTHER_ID) })).toEqual([OTHER, null]);
    expect(await ask({ query: LISTED, ...hashed('listed') })).toEqual([LISTED, null]);
    expect(await ask({ query: LISTED, ...hashed('other') })).toBe('BAD_REQUEST');
  });

  it('may have 128 Ki characters', async () => {
    const { refusal } = create();
    const text = OTHER.padEnd(MAX_TEXT_LENGTH);
    expect(await refusal({ query: text })).toBeNull();
    expect(await refusal({ query: `${text} ` })).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  it('is one of the manifests only, where the mode says so', async () => {
    const { ask } = create({ mode: 'only' });
    expect(await ask({ documentId: 'listed' })).toEqual([LISTED, null]);
    expect(await ask({ query: LISTED })).toEqual([LISTED, null]);
    expect(await ask({ query: LISTED, ...hashed(hash('sha256', LISTED)) })).toEqual([LISTED, null]);
    expect(await ask({ query: OTHER })).toBe('OPERATION_NOT_ALLOWED');
  });

  it('can not be named where persisted operations are off, though an id may stand beside its text', async () => {
    const { ask } = create({ mode: 'off' });
    expect(await ask({ query: OTHER, documentId: 'other' })).toEqual([OTHER, null]);
    expect(await ask({})).toEqual(['', null]);
    for (const params of [{ documentId: 'listed' }, hashed(OTHER_ID), { query: OTHER, ...hashed(OTHER_ID) }]) {
      expect(await ask(params)).toBe('PERSISTED_QUERY_NOT_SUPPORTED');
    }
  });

  it('is refused in the words by which clients know that they must send its text', () => {
    const refused = { documentId: 'other' };
    expect(() => create().operations.resolve(refused)).toThrow('PersistedQueryNotFound');
    expect(() => create({ mode: 'off' }).operations.resolve(refused)).toThrow('PersistedQueryNotSupported');
  });
});

describe('registered operations', () => {
  const texts = Array.from({ length: 20 }, (_, at) => `{ a${at}: __typename }`.padEnd(250));
  const idOf = (text: string) => hash('sha256', text);

  it('are forgotten beyond their bytes, the one that was used least lately first', async () => {
    // Each takes 2 bytes a character and 500 more.
    const { refusal, register } = create({ maxBytes: 10_000 });
    for (const text of texts) {
      register(text);
      await refusal({ documentId: idOf(texts[0] ?? '') });
    }
    const kept: number[] = [];
    for (const [at, text] of texts.entries()) if (!(await refusal({ documentId: idOf(text) }))) kept.push(at);
    expect(kept).toEqual([0, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it('are none where there are no bytes for them', async () => {
    const { ask, register } = create({ maxBytes: 0 });
    register(OTHER);
    expect(await ask({ documentId: OTHER_ID })).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  it('are told to other gateways, and known from them: each is asked for once', async () => {
    const shared = createOthers();
    create({ shared }).register(OTHER);
    const { ask } = create({ shared });
    for (let time = 0; time < 3; time += 1) expect(await ask({ documentId: OTHER_ID })).toEqual([OTHER, null]);
    expect(shared.asked).toEqual([OTHER_ID]);
  });

  it('are not told where nothing is registered', () => {
    const shared = createOthers();
    createPersistedOperations({ mode: 'allow', manifests: new Map(), maxBytes: 1, shared }).register({
      text: OTHER,
      registers: null,
    });
    expect(shared.known.size).toBe(0);
  });

  it('of other gateways are those of the hash that are not too long', async () => {
    const long = OTHER.padEnd(MAX_TEXT_LENGTH + 1);
    const longest = OTHER.padEnd(MAX_TEXT_LENGTH);
    const wrong = idOf('another');
    const shared = createOthers({ [wrong]: OTHER, [idOf(long)]: long, [idOf(longest)]: longest });
    const { refusal } = create({ shared });
    for (const documentId of [wrong, idOf(long), idOf('none')]) {
      for (let time = 0; time < 2; time += 1) expect(await refusal({ documentId })).toBe('PERSISTED_QUERY_NOT_FOUND');
    }
    expect(await refusal({ documentId: idOf(longest) })).toBeNull();
  });

  it('are asked for by nothing but a SHA-256, and only where clients may register', async () => {
    const shared = createOthers({ [OTHER_ID]: OTHER });
    for (const documentId of ['other', `${OTHER_ID}0`, `0${OTHER_ID}`, OTHER_ID.toUpperCase()]) {
      expect(await create({ shared }).ask({ documentId })).toBe('PERSISTED_QUERY_NOT_FOUND');
    }
    expect(await create({ shared, mode: 'only' }).ask({ documentId: OTHER_ID })).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect(shared.asked).toEqual([]);
  });
});
