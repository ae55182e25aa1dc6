import { createHash } from 'node:crypto';
import {
  RecgateError,
  type ApplicationView,
  type DocumentLedger,
  type FileCatalogueRules,
  type FileAddress,
} from '#libs/recording-model';
import { fromDocument, toBody, type Catalogued, type Container, type Room } from './catalogue-documents.js';
import { countHold, dropHold, emptyContainer, freeRoom, holdRoom } from './container-quota.js';

export type CatalogueOwner = Pick<FileAddress, 'tenantId' | 'applicationId'>;

/** All owners' sids lie together: a public link does not say whose it is. */
const ALL_OWNERS = '*';

/** The containers of one application. Every change compares with what was read, so no concurrent one is lost. */
export class Containers {
  constructor(
    private readonly documents: DocumentLedger,
    private readonly rules: FileCatalogueRules,
    private readonly owner: CatalogueOwner,
  ) {}

  async get(sid: string): Promise<Catalogued<Container> | null> {
    const document = await this.documents.get(this.collection, this.owner.applicationId, sid);
    return document === null ? null : fromDocument(document);
  }

  /** Oldest first. */
  async list(): Promise<readonly Catalogued<Container>[]> {
    const documents = await this.documents.list(this.collection, this.owner.applicationId);
    return documents.map((document) => fromDocument<Container>(document));
  }

  /** @param sealed credentials of an external store, sealed to this sid */
  async create(
    sid: string,
    quota: Room,
    fields: Container['fields'],
    sealed: string | null = null,
  ): Promise<Catalogued<Container>> {
    await claimSid(this.documents, this.rules, this.owner, sid);
    const body = toBody(emptyContainer(quota, fields));
    const { document } = await this.documents.update(this.collection, this.owner.applicationId, sid, (current) =>
      current === null ? { body, sealed } : null,
    );
    if (document === null) throw new RecgateError('gateway.internal', `Container ${sid} was not written`);
    return fromDocument(document);
  }

  /**
   * @param change must be pure; null leaves all as it is
   * @returns null when there is no such container
   */
  async change(
    sid: string,
    change: (current: Catalogued<Container>) => { readonly body: Container; readonly sealed: string | null } | null,
  ): Promise<Catalogued<Container> | null> {
    const { document } = await oneAfterAnother(`${this.owner.applicationId} ${sid}`, () =>
      this.documents.update(this.collection, this.owner.applicationId, sid, (current) => {
        if (current === null) return null;
        const next = change(fromDocument(current));
        return next === null ? null : { body: toBody(next.body), sealed: next.sealed };
      }),
    );
    return document === null ? null : fromDocument(document);
  }

  /**
   * Removes an empty container.
   * @throws RecgateError `request.conflict` while files are in it or on their way into it
   */
  async remove(sid: string): Promise<boolean> {
    let occupied = false;
    let found = false;
    await this.documents.update(this.collection, this.owner.applicationId, sid, (current) => {
      found = current !== null;
      if (current === null) return null;
      const { total, holds } = fromDocument<Container>(current).body;
      occupied = total.files > 0 || Object.keys(holds).length > 0;
      return occupied ? null : 'remove';
    });
    if (occupied) throw new RecgateError('request.conflict', 'The container still holds files');
    if (found) await releaseSid(this.documents, this.rules, sid);
    return found;
  }

  /**
   * The container of recordings that name none; the account's first one is made here.
   * @returns its sid
   */
  async defaultFor(application: ApplicationView): Promise<string> {
    const given = this.rules.defaultContainer(application);
    if (given !== null) return given;
    const sid = firstContainerSid(this.owner.applicationId);
    if ((await this.get(sid)) === null) {
      const { quotaBytes, quotaFiles, fields } = this.rules.firstContainer(application);
      await this.create(sid, { bytes: quotaBytes, files: quotaFiles }, fields);
    }
    return sid;
  }

  /**
   * Promises room under a name.
   * @throws RecgateError `destination.missing` without such a container, `destination.full` without room
   */
  async hold(sid: string, name: string, room: Room, at: Date): Promise<void> {
    let full = false;
    const found = await this.change(sid, ({ body, sealed }) => {
      const next = holdRoom(body, name, room, at);
      full = next === null;
      return next === null || next === body ? null : { body: next, sealed };
    });
    if (found === null) throw new RecgateError('destination.missing', `There is no container ${sid}`);
    if (full) throw new RecgateError('destination.full', `The container ${sid} has no room: its quota is used up`);
  }

  /** Turns promised room into taken room; safe to repeat. */
  async count(sid: string, name: string): Promise<void> {
    await this.apply(sid, (body) => countHold(body, name));
  }

  /** Takes a promise back; safe to repeat. */
  async drop(sid: string, name: string): Promise<void> {
    await this.apply(sid, (body) => dropHold(body, name));
  }

  /** Gives back what a file took; safe to repeat. */
  async free(sid: string, name: string, room: Room): Promise<void> {
    await this.apply(sid, (body) => freeRoom(body, name, room));
  }

  private async apply(sid: string, change: (body: Container) => Container): Promise<void> {
    await this.change(sid, ({ body, sealed }) => {
      const next = change(body);
      return next === body ? null : { body: next, sealed };
    });
  }

  private get collection(): string {
    return this.rules.collections.containers;
  }
}

const turns = new Map<string, Promise<unknown>>();

/**
 * Changes of one container made by this process wait for one another: all its recordings write the same document, and
 * losers of a race would only try again. Other processes are told by the comparison.
 */
async function oneAfterAnother<T>(key: string, action: () => Promise<T>): Promise<T> {
  const turn = (turns.get(key) ?? Promise.resolve()).then(action, action);
  const settled = turn.catch(() => undefined);
  turns.set(key, settled);
  try {
    return await turn;
  } finally {
    if (turns.get(key) === settled) turns.delete(key);
  }
}

/** Whose a sid is; null when it is nobody's. */
export async function ownerOfSid(
  documents: DocumentLedger,
  { collections }: FileCatalogueRules,
  sid: string,
): Promise<CatalogueOwner | null> {
  const document = await documents.get(collections.owners, ALL_OWNERS, sid);
  const { tenantId, applicationId } = document?.body ?? {};
  return typeof tenantId === 'string' && typeof applicationId === 'string' ? { tenantId, applicationId } : null;
}

/** Notes whose a sid is, for public links. */
export async function claimSid(
  documents: DocumentLedger,
  { collections }: FileCatalogueRules,
  { tenantId, applicationId }: CatalogueOwner,
  sid: string,
): Promise<void> {
  await documents.update(collections.owners, ALL_OWNERS, sid, (current) =>
    current === null ? { body: { tenantId, applicationId }, sealed: null } : null,
  );
}

/** Forgets whose a sid was. */
export async function releaseSid(
  documents: DocumentLedger,
  { collections }: FileCatalogueRules,
  sid: string,
): Promise<void> {
  await documents.update(collections.owners, ALL_OWNERS, sid, (current) => (current === null ? null : 'remove'));
}

/** Follows from the application, so that two first recordings at once make one container. */
function firstContainerSid(applicationId: string): string {
  const hex = createHash('sha256').update(`first container\n${applicationId}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
