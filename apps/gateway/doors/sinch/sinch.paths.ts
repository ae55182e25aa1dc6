import type { Request } from 'express';
import { RecgateError } from '#libs/recording-model';
import { pathAsSent } from '../shared/door-request.js';

/** The API under its path of today and under that of older documentation (contract §3). */
export const CALL_PATHS = [
  'sinch/calling/v1/calls/id',
  'sinch/calling/v1/call/id',
  'sinch/v1/calls/id',
  'sinch/v1/call/id',
];
export const CALLOUT_PATHS = ['sinch/calling/v1/callouts', 'sinch/v1/callouts'];
export const CONFERENCE_PATHS = ['sinch/calling/v1/conferences/id', 'sinch/v1/conferences/id'];
export const RECORDING_PATHS = ['sinch/calling/v1/recording', 'sinch/v1/recording'];
export const CALLBACK_PATHS = [
  'sinch/v1/configuration/callbacks/applications',
  'sinch/calling/v1/configuration/callbacks/applications',
];

/**
 * What stands behind `/conferences/id/` as it was sent, percent-decoded: ids are free text and may hold slashes
 * (contract §4.3).
 * @throws RecgateError `field.invalid` when it cannot be decoded
 */
export function conferencePath(request: Request): string {
  return restOf(request, /\/conferences\/+id\/(.*)$/s, 'conferenceId');
}

/**
 * The same of what stands behind `/recording/`: names of files may hold slashes.
 * @throws RecgateError `field.invalid`
 */
export function recordingKey(request: Request): string {
  return restOf(request, /\/recording\/(.*)$/s, 'key');
}

function restOf(request: Request, behind: RegExp, field: string): string {
  const [, rest = ''] = behind.exec(pathAsSent(request)) ?? [];
  try {
    return decodeURIComponent(rest).replace(/\/$/, '');
  } catch {
    throw new RecgateError('field.invalid', `The ${field} cannot be decoded`, { field });
  }
}

/** The same parted at its last slash: conference, and the call of one participant. */
export function participantPath(request: Request): { readonly conferenceId: string; readonly callId: string } {
  const path = conferencePath(request);
  const slash = path.lastIndexOf('/');
  return { conferenceId: path.slice(0, Math.max(0, slash)), callId: path.slice(slash + 1) };
}
