/**
 * The message that arrives on a WebSocket. `ws` keeps its pieces until its end, so it weighs from then on, as the body of a request
 * does: 2,000 sockets of one key, each with a message of 1 MB without its end, took 2.9 GB.
 */
import { PARSED_AT_ONCE_BYTES, type Ticket } from '../graphql/admission/ticket.ts';

/** The longest head of a client's frame. */
const HEAD_BYTES = 14;

export class ArrivingMessage {
  readonly #admit: (bytes: number) => Ticket | Promise<Ticket>;
  /** Those that `ws` keeps, or a few less. */
  #bytes = 0;
  /** Null for a short message, which weighs nothing before its end. */
  #ticket: Promise<Ticket> | null = null;
  #isWaiting = false;

  /** `admit` waits for room for these bytes. */
  constructor(admit: (bytes: number) => Ticket | Promise<Ticket>) {
    this.#admit = admit;
  }

  /** True: no more may be read. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Counts received bytes. Until a returned promise resolves, no more may be read. It rejects if there is no room. */
  receive(bytes: number): Promise<void> | null {
    this.#bytes += bytes;
    if (this.#bytes <= PARSED_AT_ONCE_BYTES) return null;
    const ticket = this.#grow(bytes);
    this.#ticket = ticket;
    this.#isWaiting = true;
    return ticket.then(
      () => {
        if (this.#ticket === ticket) this.#isWaiting = false;
      },
      (error: unknown) => {
        if (this.#ticket === ticket) throw error;
      },
    );
  }

  /** A message of this length is complete, or a ping. Returns the ticket of a long one: the caller ends it. */
  complete(bytes: number): Promise<Ticket> | null {
    this.#bytes = Math.max(0, this.#bytes - bytes - HEAD_BYTES);
    if (bytes > PARSED_AT_ONCE_BYTES) return this.#take();
    // The pieces were those of many short messages.
    if (this.#bytes <= PARSED_AT_ONCE_BYTES) this.drop();
    return null;
  }

  drop(): void {
    void this.#take()?.then(
      (ticket) => {
        ticket.end();
      },
      () => undefined,
    );
  }

  #take(): Promise<Ticket> | null {
    const ticket = this.#ticket;
    this.#ticket = null;
    this.#isWaiting = false;
    return ticket;
  }

  async #grow(bytes: number): Promise<Ticket> {
    if (!this.#ticket) return this.#admit(this.#bytes);
    const ticket = await this.#ticket;
    try {
      await ticket.receive(bytes);
      return ticket;
    } catch (error) {
      ticket.end();
      throw error;
    }
  }
}
