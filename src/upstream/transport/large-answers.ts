/**
 * Bytes of large upstream answers that are being read. Many calls may be under way, and each answer may be large: beyond the limit only the
 * oldest one is read on, and the others wait in their sockets. So at least one always comes to its end, or to the end of its time.
 */
export type LargeAnswers = ReturnType<typeof createLargeAnswers>;
export type LargeAnswer = ReturnType<LargeAnswers['begin']>;

interface State {
  bytes: number;
  /** Ends its wait. */
  goOn: (() => void) | null;
}

/** The bytes of all may exceed `maxBytes` by one answer, and one chunk of each other answer. */
export function createLargeAnswers(maxBytes: number) {
  /** The oldest is the first. */
  const answers = new Set<State>();
  let allBytes = 0;

  function isOldest(answer: State): boolean {
    const [oldest] = answers;
    return answer === oldest;
  }

  function goOnWhereAllowed(): void {
    for (const answer of answers) {
      if (allBytes > maxBytes && !isOldest(answer)) return;
      answer.goOn?.();
      answer.goOn = null;
    }
  }

  return {
    begin() {
      const answer: State = { bytes: 0, goOn: null };
      answers.add(answer);
      return {
        /** Counts bytes that were read. Resolves when the answer may be read on, or ends. Null: it may. */
        add(bytes: number): Promise<void> | null {
          answer.bytes += bytes;
          allBytes += bytes;
          if (allBytes <= maxBytes || isOldest(answer)) return null;
          return new Promise((resolve) => {
            answer.goOn = resolve;
          });
        },
        /** The answer was read, or is not read any more. May be called twice. */
        end(): void {
          if (!answers.delete(answer)) return;
          allBytes -= answer.bytes;
          answer.goOn?.();
          goOnWhereAllowed();
        },
      };
    },
  };
}
