/** The compressed forms of one body that is answered often: each is made once, and kept with the body. */
import { ownCopy } from '../../upstream/transport/own-bytes.ts';

export type Encoding = 'gzip' | 'br';

/** A promise for a large body. Null: too many wait to be compressed, and it is sent as it is. */
export type Compressed = Buffer | Promise<Buffer | null>;

export type CompressedForms = ReturnType<typeof createCompressedForms>;

/** Of a Buffer and its memory, apart from the bytes in it. */
export const BUFFER_BYTES = 300;

/** `onKept` is called when a form has been made, and counts from then on. */
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
    /** Of the forms that are kept, with their overhead. */
    get sizeBytes(): number {
      return sizeBytes;
    },
  };
}

/** For bytes that are kept. Small ones lie in a pool, and zlib's in a chunk of 16 KiB: one of them would keep its neighbours' memory. */
export const ownBytes = (bytes: Buffer): Buffer =>
  bytes.length < bytes.buffer.byteLength / 2 ? ownCopy(bytes) : bytes;
