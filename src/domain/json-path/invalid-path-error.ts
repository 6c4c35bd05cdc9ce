/** An expression that can't be read, or can't be evaluated over the value at hand: the client's mistake. */
export class InvalidPathError extends Error {
  override readonly name = 'InvalidPathError';
  /** The character at which reading stopped, from 1; null where the expression reads well but can't be evaluated. */
  readonly position: number | null;

  constructor(problem: string, position: number | null = null) {
    super(`Invalid path${position === null ? '' : ` at character ${position}`}: ${problem}`);
    this.position = position;
  }
}
