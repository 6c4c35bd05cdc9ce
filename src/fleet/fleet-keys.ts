/**
 * Viewer ids, names in Valkey and encryption, derived from each FLEET_SECRET. A reader of Valkey sees HMACs and
 * ciphertext. The secret isn't enough to decrypt, because keys are also derived from the caller's credential.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';

/** Writes use the first secret, reads use all. */
export interface Keyring {
  /** HMAC of the identity (credential and scope) with the first secret. Part of every cache key. */
  readonly viewerId: (identity: string) => string;
  viewerIds(identity: string): ForEach<string>;
  /** A name has the purpose in plain text and an HMAC of the parts. Different parts have different names. */
  names(purpose: string, ...parts: readonly string[]): ForEach<KeyedName>;
}

/** One value for each secret. */
export type ForEach<T> = readonly [T, ...T[]];

/** A name in Valkey, with the encryption of its value. */
export interface KeyedName {
  readonly text: string;
  /** Compresses and encrypts. The value can be opened only with the same identity and under the same name. */
  seal(identity: string, value: Buffer): Promise<Buffer>;
  /** Returns null for a value with another secret, identity or name, or with more than `maxBytes`. */
  open(identity: string, sealed: Buffer, maxBytes: number): Promise<Buffer | null>;
}

/**
 * All names begin with it. A version that changes the stored data raises the number, and shares nothing with earlier
 * ones.
 */
export const PREFIX = 'stepgate:2';
const LABEL = 'stepgate';
const VERSION = 1;
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + SALT_BYTES + TAG_BYTES;

/** Most responses are small: higher levels cost more time than they save. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
/** Compressing a smaller value takes less time than waking a thread. */
const MIN_POOLED_BYTES = 65_536;

const compressInPool = promisify(zstdCompress);
const decompressInPool = promisify(zstdDecompress);

const compress = (value: Buffer): Buffer | Promise<Buffer> =>
  value.length < MIN_POOLED_BYTES ? zstdCompressSync(value, COMPRESSION) : compressInPool(value, COMPRESSION);

function decompress(compressed: Buffer, maxOutputLength: number): Buffer | Promise<Buffer> {
  const isSmall = compressed.length < MIN_POOLED_BYTES;
  return isSmall
    ? zstdDecompressSync(compressed, { maxOutputLength })
    : decompressInPool(compressed, { maxOutputLength });
}

export function createKeyring(secrets: readonly string[]): Keyring {
  const [first, ...others] = secrets.map(keysOf);
  if (!first) throw new Error('FLEET_SECRET must be at least one secret, got none');
  const forEach = <T>(derive: (keys: Keys) => T): ForEach<T> => [derive(first), ...others.map(derive)];
  return {
    viewerId: first.viewerId,
    viewerIds: (identity) => forEach((each) => each.viewerId(identity)),
    names: (purpose, ...parts) => forEach((each) => each.name(purpose, parts)),
  };
}

type Keys = ReturnType<typeof keysOf>;

function keysOf(secret: string) {
  const derive = (purpose: string) => Buffer.from(hkdfSync('sha256', secret, '', `${LABEL} ${purpose}`, KEY_BYTES));
  const [viewerKey, nameKey, valueKey] = [derive('viewers'), derive('names'), derive('values')];
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest('base64url');

  /** Each value has its own salt, and thus its own key and nonce: a nonce is never reused with a key. */
  function cipherKeys(identity: string, salt: Buffer): readonly [Buffer, Buffer] {
    const material = Buffer.concat([valueKey, Buffer.from(identity)]);
    const derived = Buffer.from(hkdfSync('sha256', material, salt, `${LABEL} value`, KEY_BYTES + NONCE_BYTES));
    return [derived.subarray(0, KEY_BYTES), derived.subarray(KEY_BYTES)];
  }

  return {
    viewerId: (identity: string) => hmac(viewerKey, identity),

    name(purpose: string, parts: readonly string[]): KeyedName {
      const text = `${PREFIX}:${purpose}:${hmac(nameKey, JSON.stringify([purpose, ...parts]))}`;
      return {
        text,

        async seal(identity, value) {
          const compressed = await compress(value);
          const salt = randomBytes(SALT_BYTES);
          const [key, nonce] = cipherKeys(identity, salt);
          const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
          cipher.setAAD(Buffer.from(text));
          const sealed = [cipher.update(compressed), cipher.final()];
          return Buffer.concat([Buffer.of(VERSION), salt, cipher.getAuthTag(), ...sealed]);
        },

        async open(identity, sealed, maxBytes) {
          if (sealed.length < HEADER_BYTES || sealed[0] !== VERSION) return null;
          const salt = sealed.subarray(1, 1 + SALT_BYTES);
          const [key, nonce] = cipherKeys(identity, salt);
          const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
          decipher.setAAD(Buffer.from(text)).setAuthTag(sealed.subarray(1 + SALT_BYTES, HEADER_BYTES));
          try {
            const compressed = Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]);
            return await decompress(compressed, maxBytes);
          } catch {
            // Callers handle forged values, other secrets and oversized values alike.
            return null;
          }
        },
      };
    },
  };
}
