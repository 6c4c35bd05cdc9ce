/** Loads in a fleet: a response shared by another gateway, or one call for the whole fleet. */
import { AbandonedError } from '../upstream/errors.ts';
import type { Entries, PartsEntry, Right } from './entry.ts';
import type { Load, Obtain } from './load.ts';
import type { Called, Lease, Loaded, SharedAnswers, SharedState } from './ports.ts';
import type { ViewerCache } from './viewer-cache.ts';

interface SharedLoadsOptions {
  readonly shared: SharedAnswers;
  readonly viewers: ViewerCache;
  /** Current time, in ms since 1970. */
  readonly now: () => number;
}

/** After this many waits for other gateways, the upstream's own timeout is over, and this gateway calls on its own. */
const MAX_WAITS = 10;

export function createSharedLoads(options: SharedLoadsOptions): Obtain {
  const withdrawals = new KnownWithdrawals();
  return (load) => new SharedLoad(options, withdrawals, load).obtain();
}

/** The latest withdrawal of each right, as last reported by the fleet. A gateway may miss an announcement. */
class KnownWithdrawals {
  /** Token of a viewer's right, or of its entries for a workflow, or null. */
  readonly #latest = new WeakMap<Right | Entries, string | null>();

  /** Later withdrawals differ from these. */
  remember(right: Right, workflowId: string, { withdrawal, workflowWithdrawal }: SharedState): void {
    this.#latest.set(right, withdrawal);
    const entries = right.entries.get(workflowId);
    if (entries) this.#latest.set(entries, workflowWithdrawal);
  }

  /** A fleet that has lost its rights reports no withdrawals. */
  isNews(of: Right | Entries | undefined, withdrawal: string | null): boolean {
    return withdrawal !== null && of !== undefined && this.#latest.has(of) && this.#latest.get(of) !== withdrawal;
  }
}

class SharedLoad<Entry extends PartsEntry, T> {
  readonly #options: SharedLoadsOptions;
  readonly #withdrawals: KnownWithdrawals;
  readonly #load: Load<Entry, T>;
  /** State, or null until the fleet has responded. */
  #state: SharedState | null = null;

  constructor(options: SharedLoadsOptions, withdrawals: KnownWithdrawals, load: Load<Entry, T>) {
    this.#options = options;
    this.#withdrawals = withdrawals;
    this.#load = load;
  }

  async obtain(): Promise<Loaded<T>> {
    const { shared } = this.#options;
    const { resource, signal } = this.#load;
    for (let waits = 0; waits <= MAX_WAITS; waits += 1) {
      const state = await shared.get(resource);
      const found = state && (await this.#find(state));
      if (found) return found;
      const lease = state ? await shared.lease(resource, signal) : 'alone';
      if (lease === 'alone') break;
      if (lease !== 'again') return this.#callOnce(lease);
    }
    return this.#call();
  }

  /** Returns a response that needs no call, or null. */
  async #find(state: SharedState): Promise<Loaded<T> | null> {
    const { viewers, now } = this.#options;
    this.#state = state;
    this.#dropWithdrawn(state);
    this.#remember();
    if (state.successAt !== null) viewers.prove(this.#load.right, Math.min(state.successAt, now()));
    const known = this.#load.look();
    if (known) return known;
    const stored = await state.answer();
    const accepted = stored && (await this.#load.accept(stored));
    if (accepted && this.#load.isCacheable) this.#remember();
    return accepted;
  }

  #dropWithdrawn({ withdrawal, workflowWithdrawal }: SharedState): void {
    const { viewers } = this.#options;
    const { right, resource } = this.#load;
    const { viewer, workflowId } = resource;
    if (this.#withdrawals.isNews(right, withdrawal)) viewers.drop(viewer.id);
    else if (this.#withdrawals.isNews(right.entries.get(workflowId), workflowWithdrawal)) {
      viewers.dropWorkflow(viewer.id, workflowId);
    } else return;
    this.#load.beginAnew();
  }

  /** What is cached now is as new as this state. */
  #remember(): void {
    const { right, resource } = this.#load;
    if (this.#state) this.#withdrawals.remember(right, resource.workflowId, this.#state);
  }

  async #call(): Promise<Called<T>> {
    const called = await this.#load.call();
    if (this.#load.isCacheable) this.#remember();
    return called;
  }

  /** One call for the whole fleet, as long as leases work. */
  async #callOnce(lease: Lease): Promise<Loaded<T>> {
    try {
      // The last holder may have just stored its response.
      const found = await this.#find(lease.state);
      if (found) lease.release('again');
      if (found) return found;
      const called = await this.#call();
      this.#share(lease, called).catch(() => {
        lease.release('alone');
      });
      return called;
    } catch (error) {
      // If no reader is waiting here anymore, another gateway takes over the lease.
      lease.release(error instanceof AbandonedError ? 'again' : 'alone');
      throw error;
    }
  }

  /** Readers don't wait for it. */
  async #share(lease: Lease, called: Called<T>): Promise<void> {
    const load = this.#load;
    const related = load.relatedLanding();
    if (!load.isCacheable) {
      lease.release('alone');
      return;
    }
    const sharedMs = load.sharedMs(called);
    await lease.put(called, sharedMs);
    if (sharedMs === Infinity || !related) return;
    await related;
    if (load.sharedMs(called) === Infinity) await lease.put(called, Infinity);
  }
}
