import type { ApplicationView, DestinationKind, JsonObject, RecordingRecord } from '#libs/recording-model';
import { hasKazooDocument } from './kazoo.stored-recording.js';
import { databaseOf, nameKazooObject } from './kazoo.names.js';
import { kazooFacts } from './kazoo.recording-document.js';

/** What Kazoo calls its handlers. */
const HANDLERS: Readonly<Record<DestinationKind, string>> = {
  s3: 's3',
  gcs: 'google_storage',
  'azure-blob': 'azure',
  'http-upload': 'http',
  'ftp-upload': 'ftp',
  'media-store': 'local',
  none: 'none',
};

/** Whether the file of a recording could not be stored: it has an `attachment_handler_error` (contract §2.3, §4.6). */
export function hasAttachmentError(record: RecordingRecord, application: ApplicationView): boolean {
  return record.state === 'failed' && record.failure?.stage === 'store' && hasKazooDocument(record, application);
}

/** Which handler failed: its id in the storage plan, or `overridden` for `data.url`. */
export function handlerIdOf({ spec }: RecordingRecord): string {
  const id = spec.labels['handler_id'];
  return typeof id === 'string' ? id : 'local';
}

/** One line of `GET /att_handlers_errors`. The error has the id of its recording: there is one for each. */
export function listedAttachmentError(record: RecordingRecord, application: ApplicationView): JsonObject {
  const { recordingId, mediaName } = kazooFacts(record, application);
  const code = responseCodeOf(record);
  return {
    id: recordingId,
    attachment_name: mediaName,
    ...(code === null ? {} : { resp_code: code }),
    reason: code === null ? 'socket error' : 'bad response code',
  };
}

/** `GET /att_handlers_errors/{id}`; no credential of the handler is shown. */
export function attachmentErrorDetail(record: RecordingRecord, application: ApplicationView): JsonObject {
  const facts = kazooFacts(record, application);
  const { destination, name } = nameKazooObject(record, application);
  return {
    ...listedAttachmentError(record, application),
    db_name: databaseOf(facts),
    document_id: facts.recordingId,
    handler_props: {
      handler: HANDLERS[destination.kind],
      ...('bucket' in destination ? { bucket: destination.bucket } : {}),
    },
    options: { content_type: record.spec.format.contentType },
    req_url: name,
    resp_body: responseBodyOf(record),
    handler_id: handlerIdOf(record),
  };
}

/** The receiver's words, which the store's driver sets between the address and the status; else what went wrong. */
function responseBodyOf({ failure }: RecordingRecord): string {
  const message = failure?.message ?? '';
  const [, body] = /^Upload to \S+: (.*) \(\d{3}\)$/.exec(message) ?? [];
  return body ?? message;
}

/** HTTP status as the store's driver words it at the end of its message. */
function responseCodeOf({ failure }: RecordingRecord): number | null {
  const [, status] = /\((?:[^()]*, )?(\d{3})\)$/.exec(failure?.message ?? '') ?? [];
  return status === undefined ? null : Number(status);
}
