import { toRecgateError, type ConnectAction, type KeyListener, type Party, type VendorDocument } from '#libs/recording-model';
import type { OrchestrationPorts } from '../ports.js';
import { firstParty, secondParty, type CallContext } from './call-context.js';
import type { PendingWork } from './pending-work.js';
import { textOf } from './stored-documents.js';

/** What key commands need of the call that they steer. */
export interface CommandedCall {
  readonly context: CallContext;
  readonly pending: PendingWork;
  /** True while the flow is connected to the other party. */
  readonly waitsForParty: boolean;
  /** @throws RecgateError when the document cannot be carried out */
  instruct(document: VendorDocument): unknown;
  warn(message: string): void;
}

/** Keys that are gathered; what is pressed after them is not looked at. */
const MOST_KEYS = 64;

/** One listener on a call: armed by its binding key, it gathers the keys of the same party. */
interface Watch {
  /** Whose documents they are: of the party that the application talks to, or of the one it is connected to. */
  readonly owner: 'first' | 'second';
  readonly listener: KeyListener;
  armed: { readonly party: Party; readonly keys: string; readonly untilMs: number } | null;
}

/** Keys of the telephone that run stored documents on a live call (Kazoo contract §4.5); all by media time. */
export class KeyCommands {
  private watches: Watch[] = [];

  constructor(
    private readonly ports: Pick<OrchestrationPorts, 'adapters' | 'ledger' | 'vault'>,
    private readonly call: CommandedCall,
  ) {}

  /** Media time at which gathered keys are looked up, ms, or the given one when that comes first. */
  deadlineBefore(otherMs: number | null): number | null {
    const deadlines = this.watches.flatMap(({ armed }) => (armed === null ? [] : [armed.untilMs]));
    return deadlines.length === 0 ? otherMs : Math.min(...deadlines, otherMs ?? Infinity);
  }

  get listensForKeys(): boolean {
    return this.watches.length > 0;
  }

  /** What the party that the application talks to has stored listens from now on. */
  listenToFirst(): void {
    const { vendor, application, identity } = this.call.context;
    this.listen('first', this.ports.adapters[vendor].keyCommands?.ownersOf(application, identity) ?? []);
  }

  /** The same for whom the flow connects it to, as long as they are connected. */
  listenToSecond({ owners = [] }: ConnectAction): void {
    this.listen('second', owners);
  }

  key(key: string, party: Party, mediaTimeMs: number): void {
    this.advance(mediaTimeMs);
    for (const watch of this.watches) {
      const { listener, armed } = watch;
      const untilMs = mediaTimeMs + listener.timeoutMs;
      if (armed === null) {
        if (key === listener.bindingKey && this.hears(watch, party)) watch.armed = { party, keys: '', untilMs };
      } else if (armed.party === party) {
        watch.armed = { party, keys: (armed.keys + key).slice(0, MOST_KEYS), untilMs };
      }
    }
  }

  advance(mediaTimeMs: number): void {
    const due = this.watches.filter(({ armed }) => armed !== null && armed.untilMs <= mediaTimeMs);
    for (const watch of due) {
      const document = watch.listener.find(watch.armed?.keys ?? '');
      watch.armed = null;
      if (document !== null) this.run(document);
    }
  }

  private listen(owner: Watch['owner'], owners: readonly string[]): void {
    this.watches = this.watches.filter((watch) => watch.owner !== owner);
    if (owners.length > 0) this.call.pending.track(this.load(owner, owners));
  }

  private hears({ owner, listener: { listensOn } }: Watch, party: Party): boolean {
    const { context, waitsForParty } = this.call;
    if (owner === 'second' && !waitsForParty) return false;
    const own = owner === 'first' ? firstParty(context) : secondParty(context);
    return listensOn === 'both' || (party === own) === (listensOn === 'self');
  }

  private run(body: string): void {
    try {
      this.call.instruct({ body, role: 'metaflow', url: null });
    } catch (thrown) {
      this.call.warn(`Keys were pressed for what cannot be carried out: ${toRecgateError(thrown).message}`);
    }
  }

  private async load(owner: Watch['owner'], owners: readonly string[]): Promise<void> {
    const { vendor, application, tenantId } = this.call.context;
    const { adapters, ledger } = this.ports;
    const commands = adapters[vendor].keyCommands;
    if (commands === undefined) return;
    try {
      const stored = await Promise.all(
        owners.map((id) => ledger.documents.get(commands.collection, application.applicationId, id)),
      );
      const texts = stored.flatMap((document) => (document === null ? [] : [textOf(this.ports, tenantId, document)]));
      const listener = commands.listener(texts);
      if (listener !== null) this.watches.push({ owner, listener, armed: null });
    } catch (thrown) {
      this.call.warn(`Keys that run stored documents are not listened for: ${toRecgateError(thrown).message}`);
    }
  }
}
