import { RecgateError, type ApplicationView, type JsonObject, type RecordingRecord } from '#libs/recording-model';
import { sinchRecordingUrl } from './sinch.names.js';

/** What `GET …/recording` asks for (contract §3: legacy Sinch Drive). */
export interface SinchRecordingQuery {
  readonly from: Date | null;
  readonly to: Date | null;
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
}

const MAX_PAGE = 1000;
const MAX_PAGE_SIZE = 100;
const DEFAULT_PAGE_SIZE = 20;

/** @throws RecgateError `field.invalid` */
export function readSinchRecordingQuery(parameters: URLSearchParams): SinchRecordingQuery {
  return {
    from: dateOf(parameters, 'from'),
    to: dateOf(parameters, 'to'),
    page: numberOf(parameters, 'page', MAX_PAGE) ?? 1,
    pageSize: numberOf(parameters, 'pageSize', MAX_PAGE_SIZE) ?? DEFAULT_PAGE_SIZE,
  };
}

/** Whether a recording is among those of the former Sinch Drive: its file is in the gateway's own store. */
export function isSinchDriveRecording({ state, deletedAt, spec, names }: RecordingRecord): boolean {
  return (
    state === 'available' &&
    deletedAt === undefined &&
    spec.destination.kind === 'media-store' &&
    names['key'] !== undefined
  );
}

/** One of the list: how it is fetched, and until when it is kept. No header is asked for beside those of every request. */
export function renderSinchRecording(
  record: RecordingRecord,
  application: ApplicationView,
  gatewayUrl?: string,
): JsonObject {
  return {
    key: record.names['key'] ?? '',
    url: sinchRecordingUrl(record, application, gatewayUrl),
    createdOn: record.createdAt,
    expiresOn: record.deleteAt ?? null,
    headers: {},
  };
}

function dateOf(parameters: URLSearchParams, name: string): Date | null {
  const text = parameters.get(name)?.trim() ?? '';
  if (text === '') return null;
  const date = new Date(/^\d{4}-\d\d-\d\d/.test(text) ? text : Number.NaN);
  if (Number.isNaN(date.getTime())) throw invalid(name, 'an ISO 8601 time');
  return date;
}

function numberOf(parameters: URLSearchParams, name: string, most: number): number | null {
  const text = parameters.get(name)?.trim() ?? '';
  if (text === '') return null;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > most) throw invalid(name, `1 to ${most}`);
  return number;
}

function invalid(field: string, wanted: string): RecgateError {
  return new RecgateError('field.invalid', `${field} must be ${wanted}`, { field });
}
