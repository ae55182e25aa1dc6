import type { ApplicationView, MintContext, ObjectTarget, RecordingView } from '#libs/recording-model';
import { objectNameIn } from '../shared/index.js';
import { settingOf } from './flexml.settings.js';

/** The file's sid: the one the document gives, or a new UUID (contract §4.6). It is `RecordingSid` and `RecordingFileSid`. */
export function mintFlexmlNames({ spec, ids }: MintContext): Readonly<Record<string, string>> {
  const given = spec.destination.kind === 'media-store' ? spec.destination.file : null;
  return { fileSid: given ?? ids.uuid() };
}

/**
 * `{RecordingSid}.{ext}` in an external store (contract §2.2), `f/{fileSid}.{ext}` in the own one; new bytes of a file
 * that is there get a name of their own from the file catalogue.
 */
export function nameFlexmlObject(recording: RecordingView): ObjectTarget {
  const { destination, format } = recording.spec;
  const file = `${fileSidOf(recording)}.${format.extension}`;
  return {
    destination,
    name: isOwnStore(recording) ? `f/${file}` : objectNameIn(destination, file),
    contentType: format.contentType,
  };
}

/** The sid minted at acceptance. */
export function fileSidOf(recording: RecordingView): string {
  return recording.names['fileSid'] ?? recording.id;
}

/** `{storageUrl}/f/{fileSid}` for the own store, the provider's URL of the object for the others (contract §2.2, §4.2). */
export function recordingUrlOf(recording: RecordingView, application: ApplicationView): string {
  if (!isOwnStore(recording)) return recording.receipt?.url ?? '';
  return storedFileUrl(fileSidOf(recording), application);
}

/** The public link of a file in the own store (contract §4.2). */
export function storedFileUrl(fileSid: string, application: ApplicationView): string {
  const base = settingOf(application, 'storageUrl') ?? '';
  return `${base.replace(/\/+$/, '')}/f/${encodeURIComponent(fileSid)}`;
}

function isOwnStore({ spec }: RecordingView): boolean {
  return spec.destination.kind === 'media-store' || spec.destination.kind === 'none';
}
