import { Inject, Injectable } from '@nestjs/common';
import { kazoo } from '#libs/vendor-adapters';
import type { RecordingRecord } from '#libs/recording-model';
import { GATEWAY, type GatewayContext } from '../../runtime-token.js';
import type { DoorApplication } from '../shared/door-applications.js';

/** Recordings read from the ledger at a time. */
const STEP = 200;
/** Most documents that one request gathers: a list in one piece, or one in ascending order. */
const MOST_GATHERED = 10_000;
/** Most recordings that one request looks at, whatever its filters let pass. */
const MOST_READ = 100_000;

/** What a listing takes of the recordings, and how its lines look. */
export interface Listing {
  readonly takes: (record: RecordingRecord) => boolean;
  readonly show: (record: RecordingRecord) => ReturnType<typeof kazoo.listedRecording>;
}

/** Finds the recordings of an account as its API names them. */
@Injectable()
export class KazooRecordings {
  constructor(@Inject(GATEWAY) private readonly gateway: GatewayContext) {}

  /**
   * A recording by the id of its metadata document.
   * @throws CrossbarError 404 in the form that the id asks for
   */
  async require({ record, view }: DoorApplication, id: string): Promise<RecordingRecord> {
    if (!kazoo.isRecordingId(id)) throw kazoo.malformedIdentifier(id);
    const found = await this.gateway.ports.ledger.recordings.findByName(record.id, id);
    if (found?.names['recordingId'] !== id || !kazoo.hasKazooDocument(found, view)) throw kazoo.badIdentifier(id);
    return found;
  }

  /**
   * One page of a listing (contract §4.3).
   * @throws CrossbarError 416 for a list in one piece that is too long, and for filters that pass too few of too many
   */
  async list(
    application: DoorApplication,
    query: kazoo.ListQuery,
    { takes, show }: Listing,
  ): Promise<kazoo.ListPage<ReturnType<Listing['show']>>> {
    const wanted = (record: RecordingRecord): boolean => {
      if (!kazoo.isWithin(kazoo.documentKey(record), query) || !takes(record)) return false;
      return query.passes(show(record));
    };
    const found = await this.gather(application, query, wanted);
    const { items, extra } = kazoo.pageOf(found, query, kazoo.documentKey);
    return { items: items.map(show), extra };
  }

  /** Recordings in the order of their documents, at least one more than a page where there are more. */
  private async gather(
    { record: { id: applicationId, tenantId }, view }: DoorApplication,
    query: kazoo.ListQuery,
    wanted: (record: RecordingRecord) => boolean,
  ): Promise<readonly RecordingRecord[]> {
    const longestMs = kazoo.longestRecordingMs(view);
    const newest = query.start === null || query.ascending ? query.to : Math.min(query.to, query.start.at);
    const range = { createdAfter: new Date(query.from - longestMs), createdBefore: new Date(newest + 1) };
    const found: RecordingRecord[] = [];
    let cursor: string | undefined;
    let read = 0;
    do {
      const page = await this.gateway.ports.ledger.recordings.list({
        tenantId,
        applicationId,
        ...range,
        limit: STEP,
        ...(cursor === undefined ? {} : { cursor }),
      });
      found.push(...page.items.filter(wanted));
      read += page.items.length;
      if (found.length > MOST_GATHERED || read > MOST_READ) throw kazoo.listTooLarge();
      const oldest = page.items.at(-1);
      if (oldest !== undefined && isSettled(found, query, Date.parse(oldest.createdAt) + longestMs)) break;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return inOrder(found, query);
  }
}

/** Whether the page is known: whatever was not read yet has a document older than all of it. */
function isSettled(found: readonly RecordingRecord[], query: kazoo.ListQuery, latestUnread: number): boolean {
  if (query.ascending || !query.paginate || found.length <= query.pageSize) return false;
  const next = inOrder(found, query)[query.pageSize];
  return next !== undefined && kazoo.documentKey(next).at > latestUnread;
}

function inOrder(records: readonly RecordingRecord[], { ascending }: kazoo.ListQuery): readonly RecordingRecord[] {
  return [...records].sort((a, b) => kazoo.compareKeys(kazoo.documentKey(a), kazoo.documentKey(b), ascending));
}
