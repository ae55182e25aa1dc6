import type { RecordingQuery, RecordingRecord } from '#libs/recording-model';

/** Sort key of a recording in listings; also the opaque cursor. */
export function cursorOf(record: Pick<RecordingRecord, 'createdAt' | 'id'>): string {
  return `${Date.parse(record.createdAt)}_${record.id}`;
}

/** True when the record stands after the cursor in a newest-first listing. */
export function startsAfter(record: RecordingRecord, cursor: string | undefined): boolean {
  return cursor === undefined || cursorOf(record) < cursor;
}

/** True when the record is one the query asks for; the cursor is not looked at. */
export function matches(record: RecordingRecord, query: RecordingQuery): boolean {
  return (
    record.tenantId === query.tenantId &&
    (query.applicationId === undefined || record.applicationId === query.applicationId) &&
    (query.callRef === undefined || record.callRef === query.callRef) &&
    (query.state === undefined || record.state === query.state) &&
    (query.vendor === undefined || record.vendor === query.vendor) &&
    (query.createdAfter === undefined || record.createdAt >= query.createdAfter.toISOString()) &&
    (query.createdBefore === undefined || record.createdAt < query.createdBefore.toISOString())
  );
}
