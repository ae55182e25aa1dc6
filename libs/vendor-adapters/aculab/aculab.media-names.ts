import type { RecordingView } from '#libs/recording-model';
import { recordingFilename } from './aculab.names.js';
import { malformed } from './aculab.web-parameters.js';

const MOST_CHARACTERS = 255;
const EXTENSION = /\.(wav|wave|tif|tiff)$/i;

/** Why a text is no name of a media file (contract §5.4); null when it is one. The extension is a rule for new files only. */
export function faultOfMediaName(name: string): string | null {
  if (name.length > MOST_CHARACTERS) return `must have at most ${MOST_CHARACTERS} characters`;
  if (!/^[a-zA-Z0-9._/@:-]+$/.test(name)) return 'may hold only a-z A-Z 0-9 . _ / @ : and -';
  if (/\.\.|\/\/|\/\.\/|^\.\/|\/$/.test(name)) return 'may not hold "..", "//" or "/./" or end with a slash';
  return null;
}

/** @throws RecgateError `field.invalid` for what cannot be the name of a media file */
export function checkMediaName(parameter: string, name: string): string {
  const fault = faultOfMediaName(name);
  if (fault !== null) throw malformed(parameter, fault);
  return name;
}

/** @throws RecgateError `field.invalid` also for an extension that media files do not have */
export function checkNewMediaName(parameter: string, name: string): string {
  checkMediaName(parameter, name);
  if (!EXTENSION.test(name)) throw malformed(parameter, 'must end with .wav, .wave, .tif or .tiff');
  return name;
}

/** The name under which the own store keeps a media file: with and without its leading slash it is the same file. */
export function storeNameOf(mediaName: string): string {
  return mediaName.replace(/^\//, '');
}

/** The last part of a recording's file name, as `mintNames` gave it; null for a name that no recording has. */
export function fileEndOf(mediaName: string): string | null {
  return /^\/?rest_api\/recordings\/[\d/]+\/[\d_]+_([0-9a-f]{16}\.\d+\.wav)$/.exec(mediaName)?.[1] ?? null;
}

/** Whether the recording's file has this name. */
export function isFileOf(recording: RecordingView, mediaName: string): boolean {
  return storeNameOf(recordingFilename(recording)) === storeNameOf(mediaName);
}

/** The type a file is served with, by its name (contract §8). */
export function contentTypeOf(mediaName: string): string {
  return /\.tiff?$/i.test(mediaName) ? 'image/tiff' : 'audio/x-wav';
}

/** The name of a REST log's run (contract §1.3); null for a name that no log has. */
export function instanceOfLog(name: string): string | null {
  return /^\/?rest_logs\/\d{4}\/\d\d\/\d\d\/([0-9a-f]{16}\.\d+)\.txt$/.exec(name)?.[1] ?? null;
}
