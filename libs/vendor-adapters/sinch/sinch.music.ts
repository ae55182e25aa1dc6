import type { HoldMusic } from '#libs/recording-model';
import type { SvamlObject } from './sinch.svaml-reader.js';

const MUSIC: readonly HoldMusic[] = ['ring', 'music1', 'music2', 'music3'];

/** Reads `moh`: what a participant hears who waits (contract §1.2). Null when it is absent, or names no music there is. */
export function readMusic(fields: SvamlObject, names: readonly string[]): HoldMusic | null {
  const pointer = fields.find(...names);
  const word = pointer === null ? undefined : fields.value(pointer);
  const music = MUSIC.find((each) => typeof word === 'string' && each === word.trim().toLowerCase()) ?? null;
  const reason = 'not ring, music1, music2 or music3';
  fields.text(names, music === null ? { outcome: 'dropped', reason } : { to: 'steps.connect' });
  return music;
}
