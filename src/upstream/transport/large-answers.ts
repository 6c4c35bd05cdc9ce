/**
 * Limit of the bytes of large answers that are read at the same time. Beyond it only the oldest answer is read on, and
 * the others wait in their sockets. So at least one answer always ends or times out.
 */
export type LargeAnswers = ReturnType<typeof createLargeAnswers>;
export type LargeAnswer = ReturnType<LargeAnswers['begin']>;

interface State {
  bytes: number;
  isWaiting: boolean;
  readonly goOn: () => void;
}

/** The total may exceed `maxBytes` by one answer, and by one chunk of each other answer. */
export function createLargeAnswers(maxBytes: number) {
  /** Oldest first. */
  const answers = new Set<State>();
  let allBytes = 0;

  function mayGoOn(answer: State): boolean {
    const [oldest] = answers;
    return allBytes <= maxBytes || answer === oldest;
  }

  return {
    /** `goOn` is called when a waiting answer may be read on. */
    begin(goOn: () => void) {
      const answer: State = { bytes: 0, isWaiting: false, goOn };
      answers.add(answer);
      return {
        /** Counts bytes that were read. False if the answer must wait until `goOn` is called. */
        add(bytes: number): boolean {
          answer.bytes += bytes;
          allBytes += bytes;
          answer.isWaiting = !mayGoOn(answer);
          return !answer.isWaiting;
        },
        /** Ends the reading of the answer. May be called twice. */
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
