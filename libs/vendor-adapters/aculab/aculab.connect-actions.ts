import { isJsonObject } from '../shared/index.js';
import type { JsonObject } from '#libs/recording-model';
import { dropAll } from './aculab.document-scope.js';
import { awaited, type MappedAction } from './aculab.mapped-action.js';
import { ObjectReader } from './aculab.object-reader.js';
import { webPageRequest } from './aculab.web-page-request.js';

/** The first destination is dialled; a `con:` prefix names a conference room (contract §9). */
export function connect(action: ObjectReader): MappedAction {
  const { owner, name } = destinationMember(action);
  const written = owner.string(name, { to: 'connect.to' });
  if (written === undefined) throw action.missing('destinations');
  const conference = written.startsWith('con:');
  return connected(action, conference ? written.slice(4) : written, conference);
}

function destinationMember(action: ObjectReader): { readonly owner: ObjectReader; readonly name: string } {
  const list = action.value('destinations');
  if (!Array.isArray(list) || list.length === 0) return { owner: action, name: 'call_to' };
  for (let index = 1; index < list.length; index += 1)
    dropAll(action.scope, `${action.path('destinations')}/${index}`, 'only the first destination is dialled');
  const first: unknown = list[0];
  return isJsonObject(first as JsonObject)
    ? { owner: ObjectReader.at(action.scope, `${action.path('destinations')}/0`), name: 'call_to' }
    : { owner: ObjectReader.ofList(action.scope, action.path('destinations')), name: '0' };
}

/** Joins a conference room (contract §7). */
export function connectToConference(action: ObjectReader): MappedAction {
  const name = action.has('conference_name') ? 'conference_name' : 'conference_room';
  const to = action.string(name, { to: 'connect.to' });
  if (to === undefined) throw action.missing(name);
  return connected(action, to, true);
}

function connected(action: ObjectReader, to: string, conference: boolean): MappedAction {
  const next = webPageRequest(action, 'next_page', 'connect.next');
  return {
    steps: [{ kind: 'connect', to, conference, maxDurationMs: null, next }],
    ends: next !== null,
    ...awaited('connect', next),
  };
}
