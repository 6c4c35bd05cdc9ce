/** The compressed forms of one body that is sent often: each is created once, and cached with the body. */
import { ownCopy } from '../../upstream/transport/own-bytes.ts';

export type Encoding = 'gzip' | 'br';

/** A promise for a large body. Null if too many bodies wait: this one is sent uncompressed. */
export type Compressed = Buffer | Promise<Buffer | null>;

export type CompressedForms = ReturnType<typeof createCompressedForms>;

/** Memory of a Buffer, apart from its bytes. */
export const BUFFER_BYTES = 300;

/** `onKept` is called when a form is cached, and counts from then on. */
export function createCompressedForms(onKept: () => void = () => undefined) {
  const forms = new Map<Encoding, Compressed>();
  let sizeBytes = 0;

  function keep(encoding: Encoding, form: Buffer | null): void {
    if (!form) {
      forms.delete(encoding);
      return;
    }
    forms.set(encoding, ownBytes(form));
    sizeBytes += form.length + BUFFER_BYTES;
    onKept();
  }

  return {
    get(encoding: Encoding, make: () => Compressed): Compressed {
      const known = forms.get(encoding);
      if (known) return known;
      const form = make();
      forms.set(encoding, form);
      if (Buffer.isBuffer(form)) keep(encoding, form);
      else {
        void form.then((made) => {
          keep(encoding, made);
        });
      }
      return form;
    },
    /** Size of the cached forms, with their overhead. */
    get sizeBytes(): number {
      return sizeBytes;
    },
  };
}

/** Copies cached bytes out of a larger buffer (Node's pool, zlib's chunk of 16 KiB), which they would keep in memory. */
export const ownBytes = (bytes: Buffer): Buffer =>
  bytes.length < bytes.buffer.byteLength / 2 ? ownCopy(bytes) : bytes;
