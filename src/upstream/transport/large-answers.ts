/**
 * Bytes of large upstream answers that are being read. Many calls may be under way, and each answer may be large: beyond the limit only the
 * oldest one is read on, and the others wait in their sockets. So at least one always comes to its end, or to the end of its time.
 */
export type LargeAnswers = ReturnType<typeof createLargeAnswers>;
export type LargeAnswer = ReturnType<LargeAnswers['begin']>;

interface State {
  bytes: number;
  isWaiting: boolean;
  readonly goOn: () => void;
}

/** The bytes of all may exceed `maxBytes` by one answer, and one chunk of each other answer. */
export function createLargeAnswers(maxBytes: number) {
  /** The oldest is the first. */
  const answers = new Set<State>();
  let allBytes = 0;

  function mayGoOn(answer: State): boolean {
    const [oldest] = answers;
    return allBytes <= maxBytes || answer === oldest;
  }

  return {
    /** `goOn` is called when an answer that had to wait may be read on. */
    begin(goOn: () => void) {
      const answer: State = { bytes: 0, isWaiting: false, goOn };
      answers.add(answer);
      return {
        /** Counts bytes that were read. False: the answer must wait until `goOn` is called. */
        add(bytes: number): boolean {
          answer.bytes += bytes;
          allBytes += bytes;
          answer.isWaiting = !mayGoOn(answer);
          return !answer.isWaiting;
        },
        /** The answer is not read any more. May be called twice. */
        end(): void {
          if (!answers.delete(answer)) return;
          allBytes -= answer.bytes;
          for (const other of answers) {
            if (!other.isWaiting || !mayGoOn(other)) continue;
            other.isWaiting = false;
            other.goOn();
          }
        },
      };
    },
  };
}
